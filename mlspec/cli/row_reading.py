"""Files of rows, read one row after another into records that a contract's columns give their types."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlspec.cli.row_files import Row, unreadable
from mlspec.cli.row_values import reader_of, whole
from mlspec.specs.models import Column

Columns = Mapping[str, Column]

_SLICE = 50_000  # rows of Parquet at once, as columns: finding the first of a slice costs more the smaller they are
_DICTS = 1_000  # and as rows


@dataclass(frozen=True)
class Rows:
    """Rows that can be gone through more than once; how many, and every column of any in the order of their coming up,
    is known before. `read` raises SpecError for what has become another file meanwhile."""

    count: int
    columns: tuple[str, ...]
    read: Callable[[], Iterator[Row]]


def rows_in(path: Path, form: str, columns: Columns) -> Rows:
    """What a file holds, read once from end to end (but for Parquet, which says what it holds); raises SpecError for
    what is no such file."""
    with _told(form):
        found = _ROWS[form](path, columns)

    def read() -> Iterator[Row]:
        with _told(form):
            yield from found.read()

    return Rows(found.count, found.columns, read)


@contextmanager
def _told(form: str) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise unreadable(f"the rows are no {form}: byte 0x{error.object[error.start]:02x} is no UTF-8") from error
    except (ValueError, KeyError, RecursionError, csv.Error) as error:
        raise unreadable(f"the rows are no {form}: {error}") from error


def _counted(read: Callable[[], Iterable[Row]]) -> Rows:
    """Rows that say of themselves what their columns are."""
    count, columns = 0, dict[str, None]()
    for row in read():
        count += 1
        if not row.keys() <= columns.keys():
            columns |= dict.fromkeys(row)
    return Rows(count, tuple(columns), lambda: iter(read()))


# --- JSON: a document is read whole, a row a line is not, whatever the file's ending


def _json(path: Path, columns: Columns) -> Rows:
    wholes = [name for name, column in columns.items() if column.type == "int"]
    if not _is_document(path, columns):
        return _counted(lambda: (_object(row, wholes) for row in _lines(path)))
    rows = [_object(row, wholes) for row in _of_document(json.loads(path.read_bytes()))]
    return _counted(lambda: rows)


def _is_document(path: Path, columns: Columns) -> bool:
    """Whether it is one document: a list, an object over several lines, or a request's records."""
    try:
        first = next(_lines(path))
    except ValueError:
        return True  # as a whole it can be read, or told what is wrong with it
    return not isinstance(first, dict) or ("records" in first and "records" not in columns)


def _lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig") as file:
        for line in file:
            if not line.isspace():
                yield json.loads(line)


def _of_document(document: Any) -> list[Any]:
    if isinstance(document, dict):
        document = document.get("records", [document])
    if not isinstance(document, list):
        raise ValueError(f"{json.dumps(document)[:60]} is no list of rows")
    return document


def _object(row: Any, wholes: Sequence[str]) -> Row:
    if not isinstance(row, dict):
        raise ValueError(f"{json.dumps(row)[:60]} is no row")
    for name in wholes:  # where some are null, other tools write 7.0
        if isinstance(value := row.get(name), float):
            row[name] = whole(value)
    return row


# --- CSV


def _csv(path: Path, columns: Columns) -> Rows:
    header, count = [], 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        for fields in filter(None, reader):
            count += 1
            if len(fields) != len(header):
                raise ValueError(f"row {count} has not as many fields as the header")
    for name in columns:
        if header.count(name) > 1:
            raise ValueError(f"its header has {name} {header.count(name)} times")
    return Rows(
        count, tuple(dict.fromkeys(header)), lambda: _csv_rows(path, [reader_of(columns.get(n)) for n in header])
    )


def _csv_rows(path: Path, readers: Sequence[Callable[[str], Any]]) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        for fields in filter(None, reader):
            yield {name: read(text) for name, read, text in zip(header, readers, fields, strict=True)}


# --- Parquet


def _parquet(path: Path, columns: Columns) -> Rows:
    import polars as pl

    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
        count = int(table.select(pl.len()).collect().item())
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
    floats = (name for name, kind in schema.items() if kind.is_float() and name in columns)
    wholes = [name for name in floats if columns[name].type == "int"]
    return Rows(count, tuple(schema), lambda: _parquet_rows(path, count, wholes))


def _parquet_rows(path: Path, count: int, wholes: Sequence[str]) -> Iterator[Row]:
    import polars as pl

    for start in range(0, count, _SLICE):
        try:
            table = pl.scan_parquet(path, glob=False).slice(start, _SLICE).collect()
        except pl.exceptions.PolarsError as error:
            raise ValueError(str(error)) from error
        for part in table.iter_slices(_DICTS):
            for row in part.to_dicts():
                yield row | {name: whole(row[name]) for name in wholes}


_ROWS: Mapping[str, Callable[[Path, Columns], Rows]] = {
    "csv": _csv,
    "json": _json,
    "ndjson": _json,
    "parquet": _parquet,
}
