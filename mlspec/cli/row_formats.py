"""The formats that rows are written in, some rows after others."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mlspec.cli.row_files import Row, unreadable
from mlspec.cli.row_values import plain

_PART = 10_000  # rows of Parquet that become columns together


class RowFile(Protocol):
    """A file of a format that is being written."""

    def write(self, rows: Sequence[Row]) -> None:
        """`rows` at its end."""

    def end(self) -> None:
        """The file is whole."""

    def close(self) -> None:
        """The file is left."""


def _encoded(row: Mapping[str, object]) -> str:
    return json.dumps({name: plain(value) for name, value in row.items()}, default=str)


class _Lines:
    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("wb")

    def write(self, rows: Sequence[Row]) -> None:
        self._file.write("".join(_encoded(row) + "\n" for row in rows).encode())

    def end(self) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()


class _Json(_Lines):
    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        super().__init__(path, columns)
        self._before = "[\n"

    def write(self, rows: Sequence[Row]) -> None:
        if rows:
            self._file.write((self._before + ",\n".join(map(_encoded, rows))).encode())
            self._before = ",\n"

    def end(self) -> None:
        self._file.write(b"\n]\n")
        self.close()


class _Csv:
    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(columns)

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.writerows([[_cell(plain(row.get(name))) for name in self._columns] for row in rows])

    def end(self) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()


def _cell(value: object) -> object:
    return json.dumps(value, default=str) if type(value) in (dict, list) else value


class _Parquet:
    """Parts of rows, each with the types that its values ask for; together they have those that all can have."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._columns = columns
        self._rows: list[Row] = []
        self._parts: list[Path] = []

    def write(self, rows: Sequence[Row]) -> None:
        self._rows += rows
        if len(self._rows) >= _PART:
            self._part()

    def end(self) -> None:
        import polars as pl

        if self._rows:
            self._part()
        if len(self._parts) == 1:
            self._parts[0].rename(self._path)
            return
        with _told():
            tables = [pl.scan_parquet(part, glob=False) for part in self._parts]
            pl.concat(tables, how="vertical_relaxed").sink_parquet(self._path)

    def close(self) -> None:
        """Nothing is open."""

    def _part(self) -> None:
        import polars as pl

        self._parts.append(self._path.with_name(f"part-{len(self._parts)}"))
        columns = {name: [row.get(name) for row in self._rows] for name in self._columns}
        with _told():
            pl.DataFrame(columns, strict=False).write_parquet(self._parts[-1])
        self._rows = []


@contextmanager
def _told() -> Iterator[None]:
    """What values Parquet has no column for, in words."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise unreadable(f"the rows cannot be written as parquet: {error}") from error


FORMATS: Mapping[str, Callable[[Path, Sequence[str]], RowFile]] = {
    "csv": _Csv,
    "json": _Json,
    "ndjson": _Lines,
    "parquet": _Parquet,
}
