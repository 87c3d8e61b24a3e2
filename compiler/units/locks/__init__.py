"""The pinned, hashed requirements of a unit, from the lock file of its name that ships with the package."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


def locked_requirements(unit: str) -> tuple[str, ...]:
    """One requirement a line, its hashes behind it, in the order of the lock: what pip installs offline and checked."""
    text = files(__name__).joinpath(f"{unit}.lock").read_text(encoding="utf-8")
    lines = text.replace("\\\n", " ").splitlines()
    return tuple(" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#"))


def unpacked_size(unit: str, python: str, architecture: str) -> int:
    """Bytes that the unit's requirements take unpacked, with what Python compiles of them: measured by `make sizes`.

    The largest known one where that platform was not measured."""
    measured: dict[str, int] = {
        where: size["files"] + size["bytecode"] for where, size in _sizes()[unit]["platforms"].items()
    }
    return measured.get(f"{python}-{architecture}", max(measured.values()))


@cache
def _sizes() -> dict[str, Any]:
    sizes: dict[str, Any] = json.loads(files(__name__).joinpath("sizes.json").read_bytes())
    return sizes
