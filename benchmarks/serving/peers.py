"""Each peer in a virtual environment of its own, made from pinned requirements and kept in the cache."""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path

from mlspec.targets.packaging import cache_folder

REQUIREMENTS = Path(__file__).parent / "peers"


class NotInstalled(Exception):
    """The peer cannot be installed here; the text says why."""


@cache
def scripts(peer: str) -> Path:
    """The folder of the peer's programs; raises NotInstalled."""
    requirements = REQUIREMENTS / f"{peer}.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = cache_folder() / "benchmarks" / "peers" / f"{peer}-{digest}"
    if not (home / "complete").exists():
        print(f"  installing {peer} ...", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(home)])
        install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r", str(requirements)]
        _run([str(home / "bin" / "python"), *install])
        (home / "complete").touch()
    return home / "bin"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the installer failed")
