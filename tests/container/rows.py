"""Rows that keep a spec's contract, drawn with a seed: what a release for the tests is trained on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mlspec.specs.checked import Checked
from mlspec.specs.models import Column

ROWS = 12_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=12)
AFTER = FIRST + ROWS * _STEP
_WIDE = 100.0


def write_rows(checked: Checked, folder: Path, *, rows: int = ROWS, seed: int = 7) -> Path:
    """`folder` with one Parquet or CSV file: each label follows the numbers, with noise."""
    drawn = np.random.default_rng(seed)
    columns = {name: _column(column, drawn, rows) for name, column in checked.spec.data.columns.items()}
    for name, label in checked.spec.labels.items():
        columns[name] = _label(label, _signal(checked, columns, drawn, rows))
    folder.mkdir(parents=True, exist_ok=True)
    table = pl.DataFrame(columns)
    if checked.spec.data.source.format == "csv":
        table.write_csv(folder / "rows.csv")
    else:
        table.write_parquet(folder / "rows.parquet")
    return folder


def _column(column: Column, drawn: np.random.Generator, rows: int) -> Any:
    match column.type:
        case "float":
            return drawn.uniform(*_bounds(column), rows).round(3)
        case "int":
            low, high = _bounds(column)
            return drawn.integers(int(np.ceil(low)), int(high) + 1, rows)
        case "bool":
            return drawn.random(rows) < 0.5
        case "category":
            return drawn.choice(list(column.values), rows)
        case "datetime":
            return [FIRST + at * _STEP for at in range(rows)]
        case _:
            return [f"id-{at}" for at in range(rows)]


def _bounds(column: Column) -> tuple[float, float]:
    low = column.min if column.min is not None else 0.0
    return low, column.max if column.max is not None else low + _WIDE


def _signal(checked: Checked, columns: dict[str, Any], drawn: np.random.Generator, rows: int) -> np.ndarray:
    """The scaled sum of the number features, between 0 and 1 by rank."""
    numbers = [np.asarray(columns[n], float) for n, c in checked.spec.features.items() if c.type in ("int", "float")]
    total = sum(((v - v.mean()) / (v.std() or 1.0) for v in numbers), np.zeros(rows)) + drawn.normal(0, 0.7, rows)
    return total.argsort().argsort() / rows


def _label(column: Column, signal: np.ndarray) -> Any:
    if column.type == "bool":
        return signal > 0.7
    if column.type == "category":
        return [column.values[int(at * len(column.values))] for at in signal]
    low, high = _bounds(column)
    values = low + signal * (high - low)
    return values if column.type == "float" else values.round().astype(int)
