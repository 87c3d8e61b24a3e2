"""Turns rows into the model's input and target: float32 features in the contract's layout, classes as their index."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlspec.runtime.contract import Column, Contract, DatePart

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


def feature_matrix(rows: "pl.DataFrame", features: Sequence[Column]) -> "np.ndarray":
    """Float32 [rows, features]: bool 0/1, category its index in `values`, a part of a time its number in UTC; null, an
    unknown category and a column that the rows do not have are NaN."""
    import numpy as np
    import polars as pl

    table = rows.select(
        _coded(column).alias(column.name)
        if column.source in rows.columns
        else pl.lit(None, pl.Float32).alias(column.name)
        for column in features
    )
    matrix = np.full((rows.height, len(features)), np.nan, np.float32)
    for index, column in enumerate(features):
        matrix[:, index] = table[column.name].to_numpy()
    return matrix


def target_vector(rows: "pl.DataFrame", contract: Contract) -> "np.ndarray":
    """Class indices or the label's own values as float64, [rows]; of several labels [rows, outputs]."""
    import numpy as np

    if contract.outputs:
        return np.column_stack([rows[name].cast(float).to_numpy() for name in contract.outputs])
    label = contract.labels[0]
    if contract.task == "regression":
        return rows[label.name].cast(float).to_numpy()
    return feature_matrix(rows, (label,))[:, 0].astype(np.int64)


def _coded(column: Column) -> "pl.Expr":
    import polars as pl

    value = pl.col(column.source)
    if column.part is not None:
        return _part(value.cast(pl.Datetime("us", "UTC"), strict=False), column.part).cast(pl.Float32)
    if column.type != "category":
        return value.cast(pl.Float32, strict=False)
    codes = {name: float(code) for code, name in enumerate(column.values)}
    return value.cast(pl.String).replace_strict(codes, default=None, return_dtype=pl.Float32)


def _part(time: "pl.Expr", part: DatePart) -> "pl.Expr":
    """The same numbers as the service's own code gives (compiler/units/inference_columns.py): a test holds that."""
    match part:
        case "year":
            return time.dt.year()
        case "month":
            return time.dt.month()
        case "day":
            return time.dt.day()
        case "hour":
            return time.dt.hour()
        case "minute":
            return time.dt.minute()
        case "weekday":
            return time.dt.weekday() - 1
        case "day_of_year":
            return time.dt.ordinal_day()
