"""How long a package takes before its first request: its entry module imported by a new process, several times."""

import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

from mlspec.targets.packaging.platforms import Platform, interpreter_of

TRIES = 5
_IMPORT = (
    "import sys, time; sys.path.insert(0, sys.argv[1]); started = time.perf_counter(); import handler;"
    " print(time.perf_counter() - started)"
)
_WHAT_LAMBDA_SETS = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769", "MLSPEC_ENVIRONMENT": "dev", "MLSPEC_MODEL": "model"}
_LONGEST = 120


def init_seconds(package: Path, where: Platform, *, tries: int = TRIES) -> float | None:
    """The fastest of `tries`, in seconds: what the code itself costs, apart from what else the machine does.

    None where no Python of that version runs here, or where the entry module needs more than its package."""
    interpreter = interpreter_of(where) if where.runs_here else None
    if interpreter is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        seconds = [_once(interpreter, folder) for _ in range(tries)]
    return min((second for second in seconds if second is not None), default=None)


def _once(interpreter: str, folder: str) -> float | None:
    surroundings = {"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", **_WHAT_LAMBDA_SETS}
    command = [interpreter, "-E", "-s", "-c", _IMPORT, folder]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=surroundings, cwd=folder, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None
