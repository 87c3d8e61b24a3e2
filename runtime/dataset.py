"""Reads the files of the data channel into the rows a model may learn from: those of the window, before now."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mlspec.runtime.contract import Column, ContractBroken
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import polars as pl

_NUMBERS_AND_TEXT = {"float": "Float64", "int": "Int64", "bool": "Boolean", "category": "String", "string": "String"}


def read_rows(folder: Path, settings: TrainingSettings, *, now: datetime, extra: Iterable[str] = ()) -> "pl.DataFrame":
    """The contract's columns, and those of `extra` that the files have, of every row in the window, oldest first.

    A column that is missing is left out here: the contract's checks say so."""
    import polars as pl

    wanted = [column.name for column in settings.contract.columns]
    try:
        table = _scan(folder, settings)
        present = table.collect_schema()
        names = [name for name in dict.fromkeys([*wanted, *extra]) if name in present]
        table = table.select(_typed(name, present[name], settings) for name in names)
        time = settings.contract.time
        if time is not None and time.name in names:
            table = _within(table, time, settings, now=now)
        return table.collect()
    except pl.exceptions.PolarsError as error:
        raise ContractBroken(f"the data cannot be read: {error}") from error


def _scan(folder: Path, settings: TrainingSettings) -> "pl.LazyFrame":
    import polars as pl

    files = sorted(folder.rglob(f"*.{settings.format}"))
    if not files:
        raise ContractBroken(f"no .{settings.format} file in the data")
    if settings.format == "parquet":
        return pl.scan_parquet(files, hive_partitioning=False, extra_columns="ignore")
    texts = {c.name: getattr(pl, _NUMBERS_AND_TEXT.get(c.type, "String")) for c in settings.contract.columns}
    return pl.scan_csv(files, schema_overrides=texts, infer_schema_length=None)


def _typed(name: str, dtype: "pl.DataType", settings: TrainingSettings) -> "pl.Expr":
    """The column as the checks expect it: no NaN beside null, times in UTC, an empty column of the right type."""
    import polars as pl

    column = next((c for c in settings.contract.columns if c.name == name), None)
    expression = pl.col(name)
    if dtype.is_float():
        return expression.fill_nan(None)
    if column is not None and column.type == "datetime":
        return _utc(expression, dtype)
    if column is not None and column.type == "category" and dtype.is_integer():
        return expression.cast(pl.String)  # classes that are numbers: a contract names categories by text
    if dtype == pl.Null and column is not None:
        return expression.cast(getattr(pl, _NUMBERS_AND_TEXT[column.type]))
    return expression


def _utc(expression: "pl.Expr", dtype: "pl.DataType") -> "pl.Expr":
    import polars as pl

    if dtype == pl.String:
        return expression.str.to_datetime(time_unit="us", time_zone="UTC")
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return expression.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if isinstance(dtype, pl.Datetime | pl.Date):
        return expression.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return expression


def _within(table: "pl.LazyFrame", time: Column, settings: TrainingSettings, *, now: datetime) -> "pl.LazyFrame":
    """Rows of the window, in the order of time; a row without a time is kept, for the checks to find."""
    import polars as pl

    at = pl.col(time.name)
    if not isinstance(table.collect_schema()[time.name], pl.Datetime):
        return table
    inside = at < pl.lit(now)
    if settings.window is not None:
        inside = inside & (at >= pl.lit(now - timedelta(milliseconds=settings.window)))
    return table.filter(inside | at.is_null()).sort(time.name, maintain_order=True)


def parse_now(text: str) -> datetime:
    """An ISO 8601 time; one without an offset is in UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
