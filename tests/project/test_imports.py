"""The import rules hold, and each can fail: an import that breaks it is found, in a copy of the sources."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("specs", "compiler", "runtime", "targets", "mlspec/cli")
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

# Contract (how its name begins) -> a file, and what is added to it.
BROKEN = {
    "one direction": ("runtime/canary_alarms.py", "from mlspec.specs import diagnostics"),
    "what is lowered": ("targets/aws/types.py", "import mlspec.targets.packaging"),
    "everything up to the bundle": ("compiler/encoding.py", "def now():\n    import time"),
    "the runtime is shipped": ("targets/local/replay.py", "from mlspec.runtime import drift"),
    "a prediction needs": ("runtime/onnx_engine.py", "def later():\n    import polars"),
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The sources and the rules, elsewhere, without links."""
    for folder in FOLDERS:
        target = tmp_path / "mlspec" / folder.removeprefix("mlspec/")
        shutil.copytree(ROOT / folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mlspec" / "__init__.py", tmp_path / "mlspec")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _verdicts(folder: Path) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert found, done.stdout + done.stderr
    return found


def test_every_rule_is_held_and_has_a_case(sources: Path) -> None:
    verdicts = _verdicts(sources)
    assert set(verdicts.values()) == {"KEPT"}
    assert len(verdicts) == len(BROKEN)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_can_be_broken(sources: Path, rule: str) -> None:
    path, line = BROKEN[rule]
    with (sources / "mlspec" / path).open("a") as file:
        file.write(f"\n\n{line}\n")
    assert [verdict for name, verdict in _verdicts(sources).items() if name.startswith(rule)] == ["BROKEN"]
