"""Builds the wheel, compares it with the sources, and runs tests against it where the repository cannot be seen."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("specs", "compiler", "runtime", "targets", "mlspec/cli")
TESTS = (  # what reads shipped files and starts the command, to a running model; the sources' tests do the rest
    "tests/golden",
    "tests/project",
    "tests/cli/test_commands.py",
    "tests/cli/test_init_from.py",
)
REPOSITORY_ONLY = ("tests/project/test_imports.py", "tests/project/test_layout.py")  # they read the sources
NEEDED = ("tests", "examples", "docs", "pyproject.toml")
NOT_TESTS = shutil.ignore_patterns("__pycache__", ".mlspec", ".hypothesis", ".*_cache")
NOT_SOURCES = shutil.ignore_patterns(".?*", "__pycache__", "*.egg-info", "build", "dist")


def main() -> int:
    """The exit code of the tests, or 1 when the wheel is not what the sources are."""
    with tempfile.TemporaryDirectory(prefix="mlspec-wheel-") as name:
        scratch = Path(name)
        wheel = _build(scratch)
        differences = _differences(wheel)
        if differences:
            print(f"{wheel.name} is not what the sources are:", *differences, sep="\n  ")
            return 1
        python = _install(wheel, scratch / "venv")
        return _run_tests(python, scratch / "elsewhere")


def _build(scratch: Path) -> Path:
    """The wheel, made from the source distribution of a copy: nothing is left in the repository, or found there."""
    shutil.copytree(ROOT, scratch / "source", symlinks=True, ignore=NOT_SOURCES)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(scratch / "dist"), "."]
    done = subprocess.run(command, cwd=scratch / "source", capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return next((scratch / "dist").glob("*.whl"))


def _differences(wheel: Path) -> list[str]:
    """What the wheel lacks, has too much of, or has otherwise than the sources."""
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    sources = _sources()
    return [
        *(f"lacks {name}" for name in sorted(sources.keys() - shipped.keys())),
        *(f"should not have {name}" for name in sorted(shipped.keys() - sources.keys())),
        *(f"differs in {name}" for name in sorted(sources.keys() & shipped.keys()) if sources[name] != shipped[name]),
    ]


def _sources() -> dict[str, bytes]:
    found = {f"mlspec/{path.name}": path.read_bytes() for path in (ROOT / "mlspec").glob("*") if path.is_file()}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(ROOT / folder).as_posix()
                found[f"mlspec/{folder.removeprefix('mlspec/')}/{inside}"] = path.read_bytes()
    return found


def _install(wheel: Path, venv: Path) -> Path:
    """A Python that has the wheel, and beside it what this one has installed, but not the editable install."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}", "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True)
    site = next((venv / "lib").glob("python*/site-packages"))
    # A path in a .pth file is searched, the .pth files in it are not read: that is how an editable install is found.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def _run_tests(python: Path, folder: Path) -> int:
    folder.mkdir()
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=NOT_TESTS)
        else:
            shutil.copy(ROOT / name, folder)
    for name in REPOSITORY_ONLY:
        (folder / name).unlink()
    _check_seen(python, folder)
    command = [str(python), "-m", "pytest", "-q", "-n", os.environ.get("JOBS", "2"), "--dist", "worksteal", *TESTS]
    # The tools that tests start (ruff, mypy) are found beside the Python that made this one.
    tools = os.pathsep.join([str(python.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(command, cwd=folder, env={**os.environ, "PATH": tools}, check=False).returncode


def _check_seen(python: Path, folder: Path) -> None:
    """End here when Python or the command would run something other than the wheel."""
    code = "import mlspec.specs, mlspec.runtime; print(mlspec.specs.__file__); print(mlspec.runtime.__file__)"
    imported = _output([str(python), "-c", code], folder).split()
    if not all(Path(path).is_relative_to(python.parents[1]) for path in imported):
        sys.exit(f"the tests would not see the wheel but {imported}")
    _output([str(python.with_name("mlspec")), "init", "binary", "churn.yaml"], folder)
    _output([str(python.with_name("mlspec")), "validate", "churn.yaml"], folder)


def _output(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
