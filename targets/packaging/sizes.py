"""The locked requirements of what answers, unpacked for each platform, turned into the sizes that the compiler knows.

Run as a module, it fetches the wheels of every platform and writes compiler/units/locks/sizes.json."""

import hashlib
import json
import marshal
import zipfile
from pathlib import Path
from typing import Any

from mlspec.compiler.units import locks
from mlspec.targets.packaging.platforms import Platform
from mlspec.targets.packaging.wheels import base_zip

UNITS = ("inference",)
# Python 3.11 is missing: no wheel of ONNX Runtime runs on the system library of Lambda's.
PLATFORMS = tuple(Platform(python, processor) for python in ("3.12", "3.13") for processor in ("arm64", "x86_64"))
FOLDER = Path(str(locks.__file__)).parent
TABLE = FOLDER / "sizes.json"


def measured() -> dict[str, Any]:
    """The whole table; raises SpecError (ML703) where wheels cannot be had."""
    return {unit: {"lock": digest_of_lock(unit), "platforms": _platforms(unit)} for unit in UNITS}


def digest_of_lock(unit: str) -> str:
    """SHA-256 of the unit's lock."""
    return hashlib.sha256((FOLDER / f"{unit}.lock").read_bytes()).hexdigest()


def size_of(unit: str, where: Platform) -> dict[str, int]:
    """Bytes of the files in the unit's wheels, and of what this interpreter compiles of them."""
    with zipfile.ZipFile(base_zip((FOLDER / f"{unit}.lock").read_text(), where)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith(".pyc")]
        sources = {entry.filename: archive.read(entry) for entry in entries if entry.filename.endswith(".py")}
    return {"files": sum(entry.file_size for entry in entries), "bytecode": sum(map(_compiled, sources.values()))}


def _platforms(unit: str) -> dict[str, dict[str, int]]:
    return {f"{where.python}-{where.architecture}": size_of(unit, where) for where in PLATFORMS}


def _compiled(source: bytes) -> int:
    """Size of a .pyc: 16 bytes of header, and the code."""
    return 16 + len(marshal.dumps(compile(source, "module.py", "exec", dont_inherit=True)))


if __name__ == "__main__":
    TABLE.write_text(json.dumps(measured(), indent=2) + "\n")
