"""A file or folder of rows -> the facts that a spec can be drafted from, read with Polars."""

import math
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.draft import MOST_CATEGORIES, MOST_CLASSES, ColumnFacts, Kind, TableFacts

if TYPE_CHECKING:
    import polars as pl


def read_rows(data: Path) -> "pl.DataFrame":
    """The rows; raises SpecError when there are none."""
    import polars as pl

    try:
        rows = pl.read_csv(data, try_parse_dates=True) if _form(data) == "csv" else pl.read_parquet(_pattern(data))
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        hint = "give a Parquet or CSV file, or a folder of Parquet files"
        raise SpecError([Diagnostic("ML810", f"{data} cannot be read: {reason}", hint=hint)]) from None
    _check_header(rows, data)
    if rows.height < 2:
        raise SpecError([Diagnostic("ML810", f"{data} has {rows.height} rows", hint="two are the least to learn from")])
    return rows


def _check_header(rows: "pl.DataFrame", data: Path) -> None:
    """A CSV file that is separated by something else is one column; one with two columns of a name is misread."""
    if _form(data) != "csv":
        return
    other = next((mark for mark in ";\t|" if mark in rows.columns[0]), "") if rows.width == 1 else ""
    if other:
        hint = "write the file anew, separated by commas, or as Parquet"
        raise SpecError([Diagnostic("ML810", f"{data} is separated by {other!r}, and not by commas", hint=hint)])
    twice = (re.fullmatch(r"(.*)_duplicated_\d+", name, re.DOTALL) for name in rows.columns)
    if name := next((found[1] for found in twice if found and found[1] in rows.columns), None):
        hint = "give each column a name of its own"
        raise SpecError([Diagnostic("ML810", f"{data} has two columns called {name!r}", hint=hint)])


def facts_of(rows: "pl.DataFrame", data: Path, *, beside: Path) -> TableFacts:
    """The facts of the rows of `data`, whose place is told relative to the folder `beside`."""
    uri = os.path.relpath(data.resolve(), beside.resolve())
    return TableFacts(uri, _form(data), rows.height, tuple(_facts(rows[name]) for name in rows.columns))


def _form(data: Path) -> Literal["parquet", "csv"]:
    return "csv" if data.suffix == ".csv" else "parquet"


def _pattern(data: Path) -> str:
    return str(data / "**" / "*.parquet") if data.is_dir() else str(data)


def _facts(values: "pl.Series") -> ColumnFacts:
    if unread := _unread(values.dtype):
        return ColumnFacts(values.name, "string", 0, values.null_count(), unread=unread)
    values = values.fill_nan(None) if values.dtype.is_float() else values  # as training and monitors read it
    kind = _kind(values)
    distinct = values.drop_nulls().n_unique()
    found = ColumnFacts(values.name, kind, distinct, values.null_count())
    if kind == "float" and values.is_infinite().any():
        return replace(found, infinite=True)
    if kind in ("int", "float"):
        return _ranged(found, values)
    if kind == "category":
        words = tuple(sorted(str(value) for value in values.drop_nulls().unique().to_list()))
        return ColumnFacts(found.name, kind, distinct, found.nulls, values=words)
    return found


def _unread(kind: "pl.DataType") -> str:
    """What a column of that kind holds, where training reads no such thing; else nothing."""
    import polars as pl

    if kind.is_decimal():
        return "exact decimals, which no model reads; store floats"
    if kind.is_nested():
        return "lists or structures, which no model reads"
    if kind in (pl.Time, pl.Duration):
        return "times of day or durations, which no model reads; store numbers"
    return "bytes, which no model reads" if kind == pl.Binary else ""


def _kind(values: "pl.Series") -> Kind:
    import polars as pl

    kind = values.dtype
    if kind == pl.Boolean:
        return "bool"
    if kind.is_integer():
        return "int"
    if kind.is_float():
        return "float"
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        return "datetime"
    few = kind in (pl.String, pl.Categorical, pl.Enum) and 0 < values.drop_nulls().n_unique() <= MOST_CATEGORIES
    return "category" if few else "string"


def _ranged(found: ColumnFacts, values: "pl.Series") -> ColumnFacts:
    """The range rounded outward to two figures of its width, so that the next rows are not refused for a hair."""
    finite = values.drop_nulls().cast(float)
    finite = finite.filter(finite.is_finite())
    if not len(finite):
        return found
    low, high = float(finite.min()), float(finite.max())  # type: ignore[arg-type]
    step = 10.0 ** (math.floor(math.log10(high - low)) - 1) if high > low else 1.0
    low, high = _snapped(low, step, math.floor), _snapped(high, step, math.ceil)
    if found.kind == "int":
        low, high = math.floor(low), math.ceil(high)
    classes: tuple[str, ...] = ()
    if found.distinct <= MOST_CLASSES and (found.kind == "int" or bool((finite == finite.round()).all())):
        classes = tuple(str(int(value)) for value in sorted(values.drop_nulls().unique().to_list()))
    return ColumnFacts(found.name, found.kind, found.distinct, found.nulls, low, high, classes)


def _snapped(value: float, step: float, rounded: Callable[[float], int]) -> float:
    """`value` on a multiple of `step`, written without the dust of binary fractions."""
    digits = max(0, -math.floor(math.log10(step)))
    return round(rounded(value / step) * step, digits + 1)
