"""Locked requirements turned into a zip of unpacked, pruned wheels, kept by content: the only step that may use the
network."""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.packaging.platforms import Platform, pip_flags
from mlspec.targets.packaging.zips import write_zip

# What an import at run time never reads: tests, headers, stubs, and onnxruntime's training-side tools.
_PRUNED = re.compile(
    r"(^|/)(tests?|testing/tests|__pycache__|include)/|\.(pyi|h|hpp|a|lib|pxd|pyx|c|pyc)$"
    r"|^onnxruntime/(transformers|quantization|tools|datasets|backend)/"
    r"|^numpy/(f2py|distutils|doc|_pyinstaller)/|^google/protobuf/(compiler|util)/"
    r"|^bin/"
)
# Wheel data and metadata that no import needs (entry points and versions stay).
_METADATA = re.compile(r"\.data/|\.dist-info/(RECORD|licenses/|LICENSE|WHEEL|INSTALLER|sboms/)")


def cache_folder() -> Path:
    """Where wheels and zips are kept between builds: $MLSPEC_CACHE, or the user's cache folder."""
    base = os.environ.get("MLSPEC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlspec"
    return Path(base)


def base_zip(requirements: str, where: Platform) -> Path:
    """The zip of the wheels alone: most of the bytes, shared by all specs. Raises SpecError (ML703)."""
    pinned = " ".join(requirements.replace("\\\n", " ").split())  # however the lock's lines are broken
    key = hashlib.sha256(f"4 {pinned} {where.tag}".encode()).hexdigest()[:32]
    target = cache_folder() / "wheels" / f"{key}.zip"
    if not target.exists():
        with tempfile.TemporaryDirectory() as scratch:
            tree = _unpack(_download(requirements, Path(scratch), where), Path(scratch) / "tree")
            write_zip(target, {path: (tree / path).read_bytes() for path in _walk(tree)}, base=None, where=where)
    return target


def _download(requirements: str, scratch: Path, where: Platform) -> list[Path]:
    (scratch / "requirements.txt").write_text(requirements)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--dest", str(scratch / "wheels")]
    command += ["--requirement", str(scratch / "requirements.txt"), *pip_flags(where)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = reversed(done.stderr.splitlines())
        reason = next((line for line in lines if line.startswith("ERROR")), done.stderr[-300:])
        hint = "packaging needs the package index once; after that its cache is enough"
        raise SpecError([Diagnostic("ML703", f"cannot fetch the pinned wheels for {where.tag}: {reason}", hint=hint)])
    return sorted((scratch / "wheels").glob("*.whl"))


def _unpack(wheels: list[Path], tree: Path) -> Path:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith("/") and not _PRUNED.search(name) and not _METADATA.search(name):
                    archive.extract(name, tree)
    return tree


def _walk(tree: Path) -> list[str]:
    return sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())
