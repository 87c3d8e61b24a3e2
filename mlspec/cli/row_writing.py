"""Rows written to a file as they come: beside it at first, and in its place once there are no more."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mlspec.cli.outputs import writing
from mlspec.cli.row_files import Row, form_of
from mlspec.cli.row_formats import FORMATS, RowFile


class Written:
    """Rows on their way to `path`, in the format that its ending says. What is there stays until `keep`; without it
    there is nothing new. Raises UsageError for what the system refuses."""

    def __init__(self, path: Path, form: str, folder: Path) -> None:
        self._path = path
        self._form = form
        self._partial = folder / "rows"
        self._rows: RowFile | None = None

    def write(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        """`rows` after those before; `columns`, the same each time, are all that any row has."""
        with writing(self._path, beside=True):
            self._rows = self._rows or FORMATS[self._form](self._partial, columns)
            self._rows.write(rows)

    def keep(self) -> None:
        """All is written, and is the file."""
        with writing(self._path, beside=True):
            if self._rows:
                self._rows.end()
            if self._path.exists() and not self._path.is_file():  # a pipe cannot be replaced
                with self._partial.open("rb") as rows, self._path.open("wb") as pipe:
                    shutil.copyfileobj(rows, pipe)
                return
            if self._path.exists():
                shutil.copymode(self._path, self._partial)
            os.replace(self._partial, self._path)

    def close(self) -> None:
        """No more is written."""
        if self._rows:
            with suppress(OSError):  # a disk that is full was told of
                self._rows.close()


@contextmanager
def written(path: Path) -> Iterator[Written]:
    """Rows to be written to `path`, which is left as it is where they are not kept; raises SpecError for an ending that
    is no format's."""
    form = form_of(path.name)
    path = Path(os.path.realpath(path))  # of a link, what it leads to is replaced
    with ExitStack() as stack:
        with writing(path, beside=True):
            beside = None if path.exists() and not path.is_file() else path.parent
            folder = stack.enter_context(TemporaryDirectory(prefix=".mlspec-", dir=beside))
        rows = Written(path, form, Path(folder))
        stack.callback(rows.close)
        yield rows
