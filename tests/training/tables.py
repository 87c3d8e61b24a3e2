"""Small tables and settings that the training tests share."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.training_settings import Part, Split, TrainingSettings

NOW = datetime(2024, 3, 1, tzinfo=UTC)
DAYS = 60
COLUMNS = (
    Column("id", "string", "id"),
    Column("at", "datetime", "time"),
    Column("size", "float", minimum=-10, maximum=10, nulls=0.2),
    Column("count", "int", minimum=0, maximum=9),
    Column("paid", "bool"),
    Column("shop", "category", values=("north", "east", "south")),
)
# The same contract as a spec says it, under `columns:`.
COLUMN_LINES = """\
    id: {type: string, role: id}
    at: {type: datetime, role: time}
    size: {type: float, min: -10, max: 10, nullable: 20%}
    count: {type: int, min: 0, max: 9}
    paid: {type: bool}
    shop: {type: category, values: [north, east, south]}
    late: {type: bool, role: label}
"""
CONTRACT = Contract((*COLUMNS, Column("late", "bool", "label")), unique=(("id",),), min_rows=10)
HIST = "sklearn.ensemble.HistGradientBoostingClassifier"
SETTINGS = TrainingSettings(
    model="orders",
    environment="dev",
    format="parquet",
    contract=CONTRACT,
    split=Split("time", test=Part(milliseconds=10 * 86_400_000), validation=Part()),
    estimator=HIST,
    arguments={"max_iter": 20},
    versus=(("roc_auc", (0.9, 0.95)),),
    segments=("shop",),
)


def orders(rows: int = 3000, *, seed: int = 1) -> pl.DataFrame:
    """Orders over 60 days before NOW, in order; late ones can be told from the features, more or less."""
    random = np.random.default_rng(seed)
    size, count = random.normal(0, 2, rows), random.integers(0, 10, rows)
    paid, shop = random.random(rows) < 0.4, random.integers(0, 3, rows)
    score = size + 0.3 * count - paid + (shop == 1) + random.logistic(0, 1, rows)
    start = NOW - timedelta(days=DAYS)
    return pl.DataFrame(
        {
            "id": [f"o{n}" for n in range(rows)],
            "at": [start + timedelta(days=DAYS) * (n / rows) for n in range(rows)],
            "size": pl.Series(np.where(random.random(rows) < 0.05, np.nan, size.clip(-9, 9))).fill_nan(None),
            "count": count,
            "paid": paid,
            "shop": np.array(["north", "east", "south"])[shop],
            "late": score > 1.5,
        }
    )


def regression(contract: Contract = CONTRACT) -> Contract:
    """The same features with a number to learn."""
    return replace(contract, columns=(*COLUMNS, Column("cost", "float", "label")))


def several(contract: Contract = CONTRACT) -> Contract:
    """The same features with two numbers of very different size to learn."""
    labels = (Column("cost", "float", "label"), Column("grams", "int", "label"))
    return replace(contract, columns=(*COLUMNS, *labels))


def job_folder(
    base: Path, table: pl.DataFrame, *, champion: Path | None = None, now: datetime = NOW, **told: str
) -> Path:
    """A SageMaker container's folder with `table` in its data channel, in two files."""
    data = base / "input/data/data"
    (data / "deeper").mkdir(parents=True)
    half = table.height // 2
    table[:half].write_parquet(data / "a.parquet")
    table[half:].write_parquet(data / "deeper" / "b.parquet")
    if champion is not None:
        (base / "input/data/champion").symlink_to(champion)
    told = {"release": "r1", "now": now.isoformat(), "champion": "r1" if champion else "", **told}
    (base / "input/config").mkdir(parents=True)
    (base / "input/config/hyperparameters.json").write_text(json.dumps(told))
    return base


def read_json(path: Path) -> Any:
    """The document in `path`."""
    return json.loads(path.read_text())
