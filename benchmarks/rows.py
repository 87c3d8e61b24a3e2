"""Rows that keep the contract of a spec, made from a seed: enough to train on, with something in them to learn."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from mlspec.specs.models import Column

END = datetime(2013, 5, 16, tzinfo=UTC)


def table(columns: Mapping[str, Column], rows: int, *, end: datetime, days: int) -> pl.DataFrame:
    """`rows` rows in time order over the `days` before `end`; the label follows the first numbers, with noise."""
    random = np.random.default_rng(0)
    made: dict[str, object] = {}
    odds = np.full(rows, -1.0)
    numbers = 0
    for name, column in columns.items():
        if column.role == "id":
            made[name] = [f"row-{n}" for n in range(rows)]
        elif column.role == "time":
            made[name] = pl.datetime_range(
                end - timedelta(days=days), end, timedelta(days=days) / rows, closed="left", eager=True
            ).dt.cast_time_unit("us")[:rows]
        elif column.type == "category":
            made[name] = random.choice(column.values, rows, p=_shares(len(column.values)))
        elif column.role == "feature":
            low, high = column.min or 0, column.max or 1
            values = random.uniform(low, high, rows)
            odds += 3 * ((values - low) / (high - low) - 0.5) * (numbers < 3)
            numbers += 1
            made[name] = values.round().astype(int) if column.type == "int" else values
        elif column.role == "ignore":
            made[name] = random.normal(0, 1, rows)
    label = next(name for name, column in columns.items() if column.role == "label")
    made[label] = random.random(rows) < 1 / (1 + np.exp(-odds))
    return pl.DataFrame(made)


def _shares(count: int) -> np.ndarray:
    """A few categories have most of the rows, as in life; a gate for each of them has enough to judge."""
    weights = 1 / np.arange(1, count + 1)
    return weights / weights.sum()
