"""Trained models of every kind that becomes plain Python, their ONNX, and rows at their edges."""

from dataclasses import dataclass, replace
from functools import cache
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.export import edge_rows, export_model
from mlspec.runtime.splits import Parts
from mlspec.runtime.train import fit_model
from tests.training.tables import SETTINGS

COLUMNS = (
    Column("size", "float", nulls=1.0),
    Column("rate", "float", minimum=0, maximum=9),
    Column("count", "int", minimum=0, maximum=5),
    Column("paid", "bool"),
    Column("shop", "category", values=("north", "east", "south"), nulls=1.0),
    Column("kind", "category", values=("a", "b", "c", "d")),
)
LABELS = {
    "binary": Column("late", "bool", "label"),
    "multiclass": Column("late", "category", "label", values=("no", "bit", "very")),
    "regression": Column("late", "float", "label"),
}


@dataclass(frozen=True)
class Model:
    """What was trained, and the same as ONNX."""

    estimator: Any
    onnx: bytes
    contract: Contract

    @property
    def several(self) -> bool:
        return len(self.contract.classes) > 2

    def expected(self, rows: NDArray[np.float32]) -> NDArray[Any]:
        """What the estimator says, in the form of an engine's scores."""
        if not self.contract.classes:
            return np.asarray(self.estimator.predict(rows), np.float64)
        probabilities = np.asarray(self.estimator.predict_proba(rows), np.float64)
        return probabilities if self.several else probabilities[:, 1]


def contract(task: str) -> Contract:
    return Contract((*COLUMNS, LABELS[task]))


def matrix(rows: int, *, seed: int) -> NDArray[np.float32]:
    r = np.random.default_rng(seed)
    columns = [
        np.where(r.random(rows) < 0.1, np.nan, r.normal(0, 2, rows)),
        r.uniform(0, 9, rows),
        r.integers(0, 6, rows),
        r.integers(0, 2, rows),
        np.where(r.random(rows) < 0.1, np.nan, r.integers(0, 3, rows)),
        r.integers(0, 4, rows),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def hard_rows(task: str, rows: int = 10_000) -> NDArray[np.float32]:
    """Random rows, rows at the contract's ends and one float32 step away, rows with nothing in them, extreme ones."""
    usual = matrix(rows, seed=9)
    holes = np.where(np.random.default_rng(8).random(usual.shape) < 0.3, np.float32(np.nan), usual)
    far = np.repeat(usual[:12], 2, axis=0)
    far[::2, 0], far[1::2, 0] = 3e38, -3e38
    return np.concatenate([usual, holes[: rows // 4], edge_rows(usual, contract(task)), far])


@cache
def trained(target: str, task: str, rows: int = 1500) -> Model:
    """The estimator fitted as the training job fits it, on `rows` rows."""
    table, labels = matrix(rows, seed=1), contract(task)
    score = np.nan_to_num(table[:, 0]) + table[:, 1] / 5 + (table[:, 4] == 1) + 0.3 * (table[:, 5] == 2)
    label = {"binary": score > 1.3, "multiclass": np.digitize(score, [0.8, 1.6]), "regression": np.abs(score) + 0.1}
    framework: Any = target.partition(".")[0]
    settings = replace(SETTINGS, contract=labels, estimator=target, arguments={}, framework=framework)
    parts = Parts(np.arange(rows), np.arange(0), np.arange(0))
    estimator = fit_model(settings, table, label[task].astype(np.int64 if labels.classes else np.float64), parts=parts)
    return Model(estimator, export_model(estimator, labels).onnx, labels)


def predict_with(source: str, rows: NDArray[np.float32]) -> NDArray[Any]:
    """What the module answers."""
    module: dict[str, Any] = {}
    exec(compile(source, "compiled_model.py", "exec"), module)
    return np.array(module["predict"](Struct(f"={rows.shape[1]}f").iter_unpack(rows.tobytes())))
