"""A folder of three specs, and the command line as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARY = (ROOT / "specs" / "templates" / "binary.yaml").read_text(encoding="utf-8")
MLSPEC = (sys.executable, "-m", "mlspec.cli")


def write_spec(path: Path, text: str, name: str) -> None:
    """A template's text under a name of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("name: churn", f"name: {name}"), encoding="utf-8")


def process(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process that has no threads, as users have it; bounded in time."""
    made = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=ROOT, env=made)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three specs: one over a profile of the team, one with local data, one over what is shipped."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.yaml").write_text("serving: {memory: 2 GiB}\n")
    write_spec(tmp_path / "a" / "one.yaml", BINARY.replace("profile: standard", "profile: [standard, ours]"), "one")
    write_spec(tmp_path / "two.yaml", BINARY.replace("s3://lake/churn/", "rows/"), "two")
    write_spec(tmp_path / "three.yml", BINARY, "three")
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "day.parquet").write_bytes(b"PAR1")
    (tmp_path / ".gitignore").write_text(".mlspec/\n")
    return tmp_path
