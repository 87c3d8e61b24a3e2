"""Files of rows: which formats there are, how a file's is told, and what is said of what is none."""

import shutil
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.nearest import hint_for

Row = dict[str, Any]

_ENDINGS = {"csv": "csv", "json": "json", "parquet": "parquet", "ndjson": "ndjson", "jsonl": "ndjson"}
_BEGINNINGS = {b"[": "json", b"{": "ndjson", b"P": "parquet"}
_CHUNK = 65_536


def form_of(name: str, begins: bytes = b"") -> str:
    """The format of a file, told by its name's ending, else by how its content begins; raises SpecError."""
    form = _ENDINGS.get(Path(name).suffix.lower().lstrip("."), _BEGINNINGS.get(begins[:1]))
    if form is None:
        raise unreadable(f"{name}: rows are read and written as {', '.join(_ENDINGS)}")
    return form


def beginning(path: Path) -> bytes:
    """The first bytes of a file that are no space; none where there are no others."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if begins := chunk.removeprefix(BOM_UTF8).lstrip():
                return begins
    return b""


@contextmanager
def on_disk(file: BinaryIO) -> Iterator[Path]:
    """Where the file's bytes lie, to be read more than once: those of a pipe are kept meanwhile."""
    path = Path(str(file.name))
    if path.is_file():
        yield path
        return
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "rows"
        with kept.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        yield kept


def no_columns(name: str, missing: Sequence[str], found: Sequence[str]) -> SpecError:
    """That a file lacks what the model takes of every row."""
    message = f"{name} has no column {', '.join(missing)}"
    return SpecError([Diagnostic("ML833", message, hint=hint_for(missing[0], found, "its columns are"))])


def unreadable(message: str) -> SpecError:
    """That rows cannot be read, or written."""
    hint = "give a file of csv, json, ndjson or parquet; --file - takes JSON from standard input"
    return SpecError([Diagnostic("ML833", message, hint=hint)])
