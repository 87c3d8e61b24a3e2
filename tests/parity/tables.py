"""Tables that try parity: numbers of every size, categories, nulls and unknown ones; and the rows to compare on."""

from dataclasses import replace
from typing import Any

import numpy as np

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.splits import Parts
from mlspec.runtime.training_settings import TrainingSettings
from tests.training.tables import SETTINGS

ROWS = 10_000
TRAINED, WATCHED = 1500, 500
FEATURES = (
    Column("size", "float", nulls=1.0),
    Column("price", "float", nulls=1.0),
    Column("tick", "float", nulls=1.0),
    Column("count", "int", nulls=1.0),
    Column("paid", "bool", nulls=1.0),
    Column("shop", "category", values=("north", "east", "south", "west"), nulls=1.0),
    Column("plan", "category", values=("free", "team", "company"), nulls=1.0),
)
LABELS = {
    "binary": (Column("y", "bool", "label"),),
    "multiclass": (Column("y", "category", "label", values=("a", "b", "c")),),
    "regression": (Column("y", "float", "label"),),
    "several": (Column("y", "float", "label"), Column("z", "float", "label"), Column("n", "int", "label")),
}
PARTS = Parts(np.arange(TRAINED), np.arange(TRAINED, TRAINED + WATCHED), np.arange(TRAINED + WATCHED, ROWS))


def contract(task: str) -> Contract:
    """The features with what is learned in that task; `several`: numbers of very different size."""
    return Contract((*FEATURES, *LABELS[task]))


def settings(task: str, **given: Any) -> TrainingSettings:
    """A training of that task."""
    return replace(SETTINGS, contract=contract(task), **given)


def table(task: str, *, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A matrix of 10,000 rows in the layout of training, a tenth of it null, and what is learned of it."""
    random = np.random.default_rng(seed)
    size, price = random.normal(0, 2, ROWS), random.lognormal(3, 1.5, ROWS)
    tick = random.integers(-40, 40, ROWS) / 16
    codes = [random.integers(0, len(column.values), ROWS) for column in FEATURES[5:]]
    columns = [size, price, tick, random.integers(0, 12, ROWS), random.random(ROWS) < 0.4, *codes]
    matrix = np.stack([np.asarray(column, np.float32) for column in columns], axis=1)
    score = size + np.log(price) / 2 + tick * (codes[0] == 1) - codes[1] + random.logistic(0, 0.5, ROWS)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    target = {
        "binary": (score > 1).astype(np.int64),
        "multiclass": np.digitize(score, [0.0, 2.0]).astype(np.int64),
        "regression": np.exp(score / 3) * 50,
        "several": np.stack(
            [np.exp(score / 3) * 50, (20 + np.tanh(size) + tick) / 1000, np.rint(1e5 * np.exp(score / 6))], 1
        ),
    }
    return matrix, target[task]


def edge_rows(matrix: np.ndarray, *, largest: float, seed: int = 4) -> np.ndarray:
    """10,000 rows at the edges: beside and on values seen in training, all null, unknown categories, numbers up to
    `largest`, and as small as float32 has them."""
    random = np.random.default_rng(seed)
    rows = matrix[random.integers(0, TRAINED, ROWS)].copy()
    coded = np.array([column.type == "category" for column in FEATURES])
    for way, part in ((np.inf, slice(0, 2500)), (-np.inf, slice(2500, 5000))):
        rows[part] = np.where(coded, rows[part], np.nextafter(rows[part], np.float32(way)))
    extremes = np.array([0.0, -0.0, 1e-38, -1e-38, 1e6, -1e6, largest, -largest, np.nan], np.float32)
    chosen = random.choice(extremes, (2500, len(FEATURES)))
    swap = (random.random(chosen.shape) < 0.3) & ~coded
    rows[5000:7500] = np.where(swap, chosen, rows[5000:7500])
    rows[7500:][:, coded] = np.nan  # unseen in training, or null
    rows[9000:][random.random((ROWS - 9000, len(FEATURES))) < 0.5] = np.nan
    rows[-1] = np.nan
    return rows


def difference(answers: np.ndarray, expected: np.ndarray, label: np.ndarray, task: str) -> float:
    """The largest: of probabilities as it is, of values relative to each label's spread, or to the value if larger."""
    if answers.ndim < expected.ndim:
        expected = expected[:, 1]
    assert answers.shape == expected.shape
    unit = np.maximum(label.std(axis=0), np.abs(expected)) if task in ("regression", "several") else 1.0
    with np.errstate(invalid="ignore"):  # where both are infinite
        return float(np.max(np.where(answers == expected, 0.0, np.abs(answers - expected) / unit)))
