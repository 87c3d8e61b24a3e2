"""What a plain install can do without the extras, and what it says of the rest."""

import re
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

WITHOUT = """
import sys
absent = set(sys.argv.pop(1).split(","))

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from mlspec.cli.app import main
main()
"""


@cache
def _absent() -> frozenset[str]:
    """What can be imported here, and could not after a plain install."""
    plain = _plain_install()
    modules = metadata.packages_distributions().items()
    return frozenset(module for module, names in modules if not plain & {_plain(name) for name in names})


def _plain_install() -> set[str]:
    """The distributions that come without extras, and whatever they need."""
    found: set[str] = set()
    waiting = ["mlspec-compiler"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [need for need in _needs(name) if need not in found]
    return found


def _needs(name: str) -> list[str]:
    try:
        needs = metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another system
        return []
    return [_plain(re.split(r"[^\w.-]", need, maxsplit=1)[0]) for need in needs if "extra ==" not in need]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT, ",".join(sorted(_absent())), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = _run(tmp_path, "init", "binary", "churn.yaml")
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_something_is_absent() -> None:
    assert {"boto3", "moto", "numpy", "pulumi", "sklearn"} <= _absent()
    assert not {"click", "hydra", "mlspec", "pydantic", "yaml"} & _absent()


@pytest.mark.parametrize("words", ["validate", "plan", "compile", "plan --json"])
def test_a_plain_install_compiles_and_plans(folder: Path, words: str) -> None:
    command, *options = words.split()
    done = _run(folder, command, "churn.yaml", *options)
    assert done.returncode == 0, done.stderr


def test_a_plain_install_says_what_an_apply_needs(folder: Path) -> None:
    done = _run(folder, "apply", "churn.yaml", "--auto-approve")
    assert done.returncode == 1
    assert done.stderr.startswith("ML805 this command needs ")
    assert "Traceback" not in done.stderr
    assert not (folder / ".mlspec" / "local" / "cloud.json").exists(), "a cloud was started that nobody can use"


def test_a_plain_install_says_what_a_load_needs(folder: Path) -> None:
    done = _run(folder, "bench", "churn.yaml", "--url", "http://127.0.0.1:1/")
    assert done.returncode == 1
    assert "the extra 'bench'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plain_install_writes_clients(folder: Path) -> None:
    done = _run(folder, "client", "churn.yaml", "--out", "clients")
    assert done.returncode == 0, done.stderr
    assert (folder / "clients/churn_client/client.py").exists()
