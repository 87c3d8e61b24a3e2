"""Turns rows into the model's input and target: float32 features in the contract's layout, classes as their index."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlspec.runtime.contract import Column, Contract

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


def feature_matrix(rows: "pl.DataFrame", features: Sequence[Column]) -> "np.ndarray":
    """Float32 [rows, features]: bool 0/1, category its index in `values`; null, an unknown category and a column that
    the rows do not have are NaN."""
    import numpy as np
    import polars as pl

    table = rows.select(
        _coded(column) if column.name in rows.columns else pl.lit(None, pl.Float32).alias(column.name)
        for column in features
    )
    matrix = np.full((rows.height, len(features)), np.nan, np.float32)
    for index, column in enumerate(features):
        matrix[:, index] = table[column.name].to_numpy()
    return matrix


def target_vector(rows: "pl.DataFrame", contract: Contract) -> "np.ndarray":
    """Class indices, or the label's own values as float64."""
    import numpy as np

    if contract.task == "regression":
        return rows[contract.label.name].cast(float).to_numpy()
    return feature_matrix(rows, (contract.label,))[:, 0].astype(np.int64)


def _coded(column: Column) -> "pl.Expr":
    import polars as pl

    value = pl.col(column.name)
    if column.type != "category":
        return value.cast(pl.Float32, strict=False)
    codes = {name: float(code) for code, name in enumerate(column.values)}
    return value.cast(pl.String).replace_strict(codes, default=None, return_dtype=pl.Float32)
