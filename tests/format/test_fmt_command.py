"""`mlspec fmt` and the hooks that other repositories use, run as they would run them."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit

ROOT = Path(__file__).parents[2]
GOOD = (ROOT / "specs" / "templates" / "binary.yaml").read_text(encoding="utf-8")
UNTIDY = GOOD.replace("\n  source:", "\n   # rows\n   source:").replace("\n  columns:", "\n   columns:")
UNTIDY = UNTIDY.replace("\n  split:", "\n   split:").replace("\n  checks:", "\n   checks:")
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "untidy.yaml").write_text(UNTIDY, encoding="utf-8")
    (tmp_path / "tidy.yaml").write_text(GOOD.replace("name: churn", "name: tidy"), encoding="utf-8")
    (tmp_path / "other.yaml").write_text("a:\n      b: 'c'   \n", encoding="utf-8")
    return tmp_path


def test_check_tells_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["fmt", str(folder), "--check"]) == Exit.CHANGES
    assert "untidy.yaml" in capsys.readouterr().out
    assert (folder / "deep" / "untidy.yaml").read_text() == UNTIDY
    assert invoke(["fmt", str(folder)]) == Exit.DONE
    assert (folder / "deep" / "untidy.yaml").read_text() == GOOD.replace("\n  source:", "\n  # rows\n  source:")
    assert invoke(["fmt", str(folder), "--check"]) == Exit.DONE
    assert not [path for path in folder.rglob(".*") if path.is_file()]


def test_a_file_that_is_no_spec_is_left_alone(folder: Path) -> None:
    before = (folder / "other.yaml").read_bytes()
    assert invoke(["fmt", str(folder / "other.yaml"), str(folder)]) == Exit.DONE
    assert (folder / "other.yaml").read_bytes() == before


def test_a_spec_that_is_no_yaml_is_told_and_the_others_are_formatted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.yaml").write_text("apiVersion: mlspec/v1\na: [\n", encoding="utf-8")
    assert invoke(["fmt", str(folder)]) == Exit.INVALID
    assert "ML103" in capsys.readouterr().err
    assert (folder / "deep" / "untidy.yaml").read_text() != UNTIDY


def _run(hook: dict[str, Any], folder: Path, *files: str) -> "subprocess.CompletedProcess[str]":
    """As pre-commit does: the entry's words, then the names of files where it takes any, from the repository's root."""
    program, *words = shlex.split(hook["entry"])
    assert program == "mlspec", "the console script of the package"
    command = [sys.executable, "-m", "mlspec.cli", *words, *(files if hook.get("pass_filenames", True) else ())]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environ)


def test_the_hooks_run_and_refuse_what_they_are_for(folder: Path) -> None:
    hooks = {hook["id"]: hook for hook in HOOKS}
    assert set(hooks) == {"mlspec-validate", "mlspec-fmt"}
    done = _run(hooks["mlspec-fmt"], folder, "deep/untidy.yaml", "tidy.yaml", "other.yaml")
    assert done.returncode == Exit.DONE, done.stderr
    assert "# rows" in (folder / "deep" / "untidy.yaml").read_text()
    assert (folder / "deep" / "untidy.yaml").read_text() != UNTIDY, (
        "a changed file fails the commit, as pre-commit has it"
    )
    assert _run(hooks["mlspec-validate"], folder).returncode == Exit.DONE
    (folder / "tidy.yaml").write_text(GOOD.replace("framework:", "framewrk:"), encoding="utf-8")
    refused = _run(hooks["mlspec-validate"], folder)
    assert refused.returncode == Exit.INVALID
    assert "tidy.yaml:" in refused.stderr
