"""A finished training turned into the documents that go with the model: model.json, profile.json, evaluation.json."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Check, Column, Contract
from mlspec.runtime.engine_choice import Compiled
from mlspec.runtime.evaluate import evaluate
from mlspec.runtime.export import Parity
from mlspec.runtime.importance import permutation_importance
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.profiles import make_profile
from mlspec.runtime.splits import Parts
from mlspec.runtime.training_order import Order

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

LIBRARIES = ("numpy", "scikit-learn", "skl2onnx", "onnx", "onnxruntime", "polars")
FRAMEWORKS = {"xgboost": ("xgboost", "xgboost-cpu"), "lightgbm": ("lightgbm",), "torch": ("torch", "onnxscript")}


@dataclass(frozen=True)
class Learned:
    """The rows and how they were divided, and the model made of them."""

    rows: "pl.DataFrame"
    parts: Parts
    matrix: "np.ndarray"
    target: "np.ndarray"
    model: OnnxModel
    parity: Parity
    compiled: Compiled
    explainer: bytes = b""


def profile_of(order: Order, learned: Learned) -> tuple[dict[str, float], dict[str, Any]]:
    """How important each feature is, most important first, and the reference of drift: both of the training rows."""
    contract, train = order.settings.contract, learned.parts.train
    matrix, target = learned.matrix[train], learned.target[train]
    importance = permutation_importance(learned.model, matrix, target, task=contract.task, seed=order.settings.seed)
    rows = learned.rows[train]
    nulls = {c.name: rows[c.source].null_count() for c in contract.features}
    return importance, make_profile(learned.model, matrix, nulls=nulls, importance=importance)


def evaluation_of(
    order: Order, learned: Learned, champion: OnnxModel | None, *, checks: tuple[Check, ...]
) -> dict[str, Any]:
    contract, parts = order.settings.contract, learned.parts
    judged = evaluate(learned.rows[parts.test], {"challenger": learned.model, "champion": champion}, order.settings)
    return {
        "format": 1,
        "release": order.release,
        "task": contract.task,
        "rows": {"train": len(parts.train), "validation": len(parts.validation), "test": len(parts.test)},
        "window": _window(learned, contract),
        "checks": [asdict(check) for check in checks],
        **judged,
        "parity": asdict(learned.parity),
    }


def _window(learned: Learned, contract: Contract) -> dict[str, str | None]:
    """First and last time of all rows, and the first of the test rows; null without a time column."""
    if contract.time is None:
        return {"start": None, "end": None, "test_start": None}
    times = learned.rows[contract.time.name]
    ends = {"start": times.min(), "end": times.max(), "test_start": times[learned.parts.test].min()}
    return {name: end.isoformat() for name, end in ends.items() if isinstance(end, datetime)}


def description_of(order: Order, learned: Learned, importance: dict[str, float]) -> dict[str, Any]:
    model, compiled = learned.model, learned.compiled
    features = [_feature(column) for column in model.features]
    return {
        "format": 1,
        "release": order.release,
        "task": order.settings.contract.task,
        "features": features,
        "classes": model.classes,
        **_answered(model),
        "onnx_sha256": hashlib.sha256(model.onnx).hexdigest(),
        **({} if compiled.refused else {"compiled_sha256": compiled.digest}),
        **({"explainer_sha256": hashlib.sha256(learned.explainer).hexdigest()} if learned.explainer else {}),
        "importance": importance,
        "versions": {library: version(library) for library in (*LIBRARIES, *_learned_with(order.settings.framework))},
    }


def _answered(model: OnnxModel) -> dict[str, Any]:
    """What a row's answer is, and what its numbers are called where there are several."""
    outputs = {"outputs": list(model.outputs)} if model.outputs else {}
    if model.embedding:
        return {"output": "embedding", "width": model.embedding, **outputs}
    if outputs:
        return {"output": "values", **outputs}
    return {"output": "probability" if model.classes else "value"}


def _learned_with(framework: str) -> list[str]:
    """The framework, by the name that its package has here."""
    return [name for name in FRAMEWORKS.get(framework, ()) if _installed(name)]


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _feature(column: Column) -> dict[str, Any]:
    """One input of the model, as model.json has it."""
    told = {"values": column.values or None, "part": column.part}
    return {"name": column.name, "type": column.type, **{key: value for key, value in told.items() if value}}
