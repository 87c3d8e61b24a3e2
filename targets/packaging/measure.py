"""How long a package takes before its first request: what it imports, imported by a new process, several times."""

import os
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from mlspec.targets.packaging.platforms import Platform, interpreter_of

TRIES = 5
ENTRY = "handler"
# An engine is imported when there is a release, which there is not yet; an image fetches it besides.
ENGINES = {"inference": "mlspec.runtime.onnx_engine", "inference-compiled": "mlspec.runtime.compiled_engine"}
FETCHING = "boto3"
_IMPORT = (
    "import importlib, sys, time; sys.path.insert(0, sys.argv[1]); started = time.perf_counter();"
    " [importlib.import_module(name) for name in sys.argv[2:]]; print(time.perf_counter() - started)"
)
_WHAT_LAMBDA_SETS = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769", "MLSPEC_ENVIRONMENT": "dev", "MLSPEC_MODEL": "model"}
_LONGEST = 120


def modules_of(unit: str, *, image: bool) -> tuple[str, ...]:
    """What a function of the unit has imported when it answers its first request."""
    engine = (ENGINES[unit],) if unit in ENGINES else ()
    return (ENTRY, *engine, *((FETCHING,) if image else ()))


def init_seconds(
    package: Path, where: Platform, *, modules: Sequence[str] = (ENTRY,), tries: int = TRIES
) -> float | None:
    """The fastest of `tries`, in seconds: what the code itself costs, apart from what else the machine does.

    None where no Python of that version runs here, or where a module needs more than the package."""
    interpreter = interpreter_of(where) if where.runs_here else None
    if interpreter is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        seconds = [_once(interpreter, folder, modules) for _ in range(tries)]
    return min((second for second in seconds if second is not None), default=None)


def _once(interpreter: str, folder: str, modules: Sequence[str]) -> float | None:
    surroundings = {"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", **_WHAT_LAMBDA_SETS}
    command = [interpreter, "-E", "-s", "-c", _IMPORT, folder, *modules]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=surroundings, cwd=folder, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None
