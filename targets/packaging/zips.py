"""Files turned into a zip of the same bytes each time, with compiled Python where an interpreter is at hand."""

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlspec.targets.packaging.platforms import Platform, interpreter_of

_EPOCH = (1980, 1, 1, 0, 0, 0)
_COMPILE = ("-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s")


def write_zip(target: Path, files: Mapping[str, bytes], *, base: Path | None, where: Platform) -> None:
    """Write `target` whole or not at all: `base` copied, then `files` and their .pyc, in path order."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial")
    if base:
        shutil.copyfile(base, partial)
    with zipfile.ZipFile(partial, "a" if base else "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in sorted({**files, **dict(_compiled(files, where))}.items()):
            archive.writestr(_entry(path), content)
    os.replace(partial, target)


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, date_time=_EPOCH)
    entry.external_attr = (0o755 if path.endswith(".so") or ".so." in path else 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _compiled(files: Mapping[str, bytes], where: Platform) -> Iterator[tuple[str, bytes]]:
    """.pyc files with unchecked hashes: valid whatever the file's date, so a cold start compiles nothing (PEP 552)."""
    interpreter = interpreter_of(where)
    sources = [path for path in sorted(files) if path.endswith(".py")]
    if not interpreter or not sources:
        return
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for path in sources:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(files[path])
        subprocess.run([interpreter, *_COMPILE, scratch, scratch], check=False, capture_output=True)
        for compiled in sorted(root.rglob("*.pyc")):
            yield compiled.relative_to(root).as_posix(), compiled.read_bytes()
