"""Files of rows, read into records that a contract's columns give their types, and written again with predictions."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.models import Column
from mlspec.specs.nearest import hint_for

Rows = list[dict[str, Any]]

_WORDS = {"true": True, "false": False, "True": True, "False": False, "1": True, "0": False}


def read_rows(content: bytes, form: str, columns: Mapping[str, Column]) -> Rows:
    """The rows of a file's content, in the file's own order; raises SpecError for what is no such file."""
    try:
        return _READ[form](content, columns)
    except (ValueError, KeyError, RecursionError, csv.Error) as error:
        raise _unreadable(f"the rows are no {form}: {error}") from error


def write_rows(path: Path, rows: Rows) -> None:
    """`rows` in the format that the path's ending says."""
    path.write_bytes(_WRITE[form_of(path.name)](rows))


def form_of(name: str, content: bytes = b"") -> str:
    """The format of a file, told by its name's ending, else by how its content begins; raises SpecError."""
    ending = Path(name).suffix.lower().lstrip(".")
    known = {"csv": "csv", "json": "json", "parquet": "parquet", "ndjson": "ndjson", "jsonl": "ndjson"}
    if ending in known:
        return known[ending]
    begins = {b"[": "json", b"{": "ndjson", b"P": "parquet"}.get(content.lstrip()[:1])
    if begins is None:
        raise _unreadable(f"{name}: rows are read and written as {', '.join(known)}")
    return begins


def no_columns(name: str, missing: Sequence[str], found: Sequence[str]) -> SpecError:
    """That a file lacks what the model takes of every row."""
    message = f"{name} has no column {', '.join(missing)}"
    return SpecError([Diagnostic("ML833", message, hint=hint_for(missing[0], found, "its columns are"))])


def _unreadable(message: str) -> SpecError:
    hint = "give a file of csv, json, ndjson or parquet; --file - takes JSON from standard input"
    return SpecError([Diagnostic("ML833", message, hint=hint)])


# --- reading


def _read_json(content: bytes, columns: Mapping[str, Column]) -> Rows:
    document = json.loads(content)
    if isinstance(document, dict):
        document = document.get("records", [document])
    if not isinstance(document, list):
        raise ValueError(f"{json.dumps(document)[:60]} is no list of rows")
    return [_object(row) for row in document]


def _read_lines(content: bytes, columns: Mapping[str, Column]) -> Rows:
    lines = content.decode().splitlines()
    if len(lines) > 1 and lines[0].strip() == "{":  # one object over several lines
        return _read_json(content, columns)
    return [_object(json.loads(line)) for line in lines if line.strip()]


def _read_csv(content: bytes, columns: Mapping[str, Column]) -> Rows:
    """Text becomes what the column is where it can; where it cannot it stays text, and the model says what is wrong."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    rows = []
    for number, row in enumerate(reader, start=1):
        if None in row or None in row.values():
            raise ValueError(f"row {number} has not as many fields as the header")
        rows.append({name: _typed(text, columns.get(name)) for name, text in row.items()})
    return rows


def _read_parquet(content: bytes, columns: Mapping[str, Column]) -> Rows:
    import polars as pl

    try:
        table = pl.read_parquet(io.BytesIO(content))
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
    wholes = [name for name, kind in table.schema.items() if kind.is_float() and _is_whole(columns.get(name))]
    rows = table.to_dicts()
    for name in wholes:  # what holds nulls as well is kept as floating point by other tools
        for row in rows:
            row[name] = _whole(row[name])
    return rows


def _is_whole(column: Column | None) -> bool:
    return column is not None and column.type == "int"


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() else value


def _object(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError(f"{json.dumps(row)[:60]} is no row")
    return row


def _typed(text: str, column: Column | None) -> Any:
    if column is None or not text:
        return text or None
    try:
        match column.type:
            case "float":
                return float(text)
            case "int":
                return int(text) if text.strip().lstrip("+-").isdecimal() else _whole(float(text))
            case "bool":
                return _WORDS.get(text, text)
    except ValueError:
        pass
    return text


_READ: Mapping[str, Callable[[bytes, Mapping[str, Column]], Rows]] = {
    "csv": _read_csv,
    "json": _read_json,
    "ndjson": _read_lines,
    "parquet": _read_parquet,
}

# --- writing


def plain(value: Any) -> Any:
    """`value` as JSON has it: times as ISO 8601, decimal numbers as numbers, numbers that JSON has not as null."""
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if (isinstance(value, float) and value in (float("inf"), float("-inf"))) or value != value:
        return None
    return value.isoformat() if isinstance(value, (date, time)) else value


def _encoded(row: Mapping[str, Any]) -> str:
    return json.dumps({name: plain(value) for name, value in row.items()}, default=str)


def _write_json(rows: Rows) -> bytes:
    return ("[\n" + ",\n".join(map(_encoded, rows)) + "\n]\n").encode()


def _write_lines(rows: Rows) -> bytes:
    return "".join(_encoded(row) + "\n" for row in rows).encode()


def _write_csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _names(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows([{name: plain(value) for name, value in row.items()} for row in rows])
    return text.getvalue().encode()


def _write_parquet(rows: Rows) -> bytes:
    import polars as pl

    content = io.BytesIO()
    pl.DataFrame({name: [row.get(name) for row in rows] for name in _names(rows)}, strict=False).write_parquet(content)
    return content.getvalue()


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every column of any row, in the order in which they come up."""
    return list({name: None for row in rows for name in row})


_WRITE: Mapping[str, Callable[[Rows], bytes]] = {
    "csv": _write_csv,
    "json": _write_json,
    "ndjson": _write_lines,
    "parquet": _write_parquet,
}
