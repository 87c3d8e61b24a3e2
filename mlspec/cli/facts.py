"""A file or folder of rows -> the facts that a spec can be drafted from, read with Polars."""

import math
import os
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
    if rows.height < 2:
        raise SpecError([Diagnostic("ML810", f"{data} has {rows.height} rows", hint="two are the least to learn from")])
    return rows


def facts_of(rows: "pl.DataFrame", data: Path, *, beside: Path) -> TableFacts:
    """The facts of the rows of `data`, whose place is told relative to the folder `beside`."""
    uri = os.path.relpath(data.resolve(), beside.resolve())
    return TableFacts(uri, _form(data), rows.height, tuple(_facts(rows[name]) for name in rows.columns))


def _form(data: Path) -> Literal["parquet", "csv"]:
    return "csv" if data.suffix == ".csv" else "parquet"


def _pattern(data: Path) -> str:
    return str(data / "**" / "*.parquet") if data.is_dir() else str(data)


def _facts(values: "pl.Series") -> ColumnFacts:
    values = values.fill_nan(None) if values.dtype.is_float() else values  # as training and monitors read it
    kind = _kind(values)
    distinct = 0 if values.dtype.is_nested() else values.drop_nulls().n_unique()
    found = ColumnFacts(values.name, kind, distinct, values.null_count())
    if kind == "float" and values.is_infinite().any():
        return replace(found, infinite=True)
    if kind in ("int", "float"):
        return _ranged(found, values)
    if kind == "category":
        words = tuple(sorted(str(value) for value in values.drop_nulls().unique().to_list()))
        return ColumnFacts(found.name, kind, distinct, found.nulls, values=words)
    return found


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
    if found.kind == "int" and found.distinct <= MOST_CLASSES:
        classes = tuple(str(value) for value in sorted(values.drop_nulls().unique().to_list()))
    return ColumnFacts(found.name, found.kind, found.distinct, found.nulls, low, high, classes)


def _snapped(value: float, step: float, rounded: Callable[[float], int]) -> float:
    """`value` on a multiple of `step`, written without the dust of binary fractions."""
    digits = max(0, -math.floor(math.log10(step)))
    return round(rounded(value / step) * step, digits + 1)
