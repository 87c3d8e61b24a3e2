"""A release for any spec's features: 200 boosted trees of random rows, as the workflow lays them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier

from mlspec.specs.models import Column

ROWS = 20_000
RECORDS = 512


def write_release(folder: Path, features: Mapping[str, Column]) -> None:
    """model.onnx, model.json, profile.json, and records.json: rows that keep the contract."""
    folder.mkdir()
    matrix = np.stack([_values(column, seed) for seed, column in enumerate(features.values())], axis=1)
    onnx = _train(matrix)
    described = [{"name": name, "type": column.type, "values": column.values} for name, column in features.items()]
    model = {
        "release": "benchmark",
        "task": "binary",
        "features": described,
        "classes": [False, True],
        "onnx_sha256": hashlib.sha256(onnx).hexdigest(),
    }
    columns = {name: _profile(column, matrix[:, at]) for at, (name, column) in enumerate(features.items())}
    prediction = {"kind": "numeric", "edges": np.linspace(0.05, 0.95, 19).tolist()}
    profile = {"digest": "benchmark", "columns": columns, "prediction": prediction}
    records = [
        {name: _json(column, value) for (name, column), value in zip(features.items(), row, strict=True)}
        for row in matrix[:RECORDS].tolist()
    ]
    (folder / "model.onnx").write_bytes(onnx)
    for name, document in (("model", model), ("profile", profile), ("records", records)):
        (folder / f"{name}.json").write_text(json.dumps(document))


def _values(column: Column, seed: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    if column.type == "category":
        return random.integers(0, len(column.values), ROWS).astype(np.float32)
    low, high = column.min or 0, column.max or 1
    values = random.uniform(low, high, ROWS).round(0 if column.type == "int" else 2)
    return np.where(random.random(ROWS) < 0.05 * bool(column.nullable), np.nan, values).astype(np.float32)


def _train(matrix: NDArray[np.float32]) -> bytes:
    ranks = np.nan_to_num(matrix).argsort(axis=0).argsort(axis=0)
    target = ranks[:, :5].sum(axis=1) + np.random.default_rng(0).normal(0, ROWS, ROWS) > 2.5 * ROWS
    model = HistGradientBoostingClassifier(max_iter=200, early_stopping=False, random_state=0).fit(matrix, target)
    types = [("X", FloatTensorType([None, matrix.shape[1]]))]
    proto = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    return bytes(proto.SerializeToString())


def _profile(column: Column, values: NDArray[np.float32]) -> dict[str, Any]:
    if column.type == "category":
        return {"kind": "category", "values": column.values}
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.arange(1, 20) / 20, method="inverted_cdf"))
    return {"kind": "numeric", "edges": edges.tolist()}


def _json(column: Column, value: float) -> Any:
    if value != value:
        return None
    match column.type:
        case "category":
            return column.values[int(value)]
        case "int":
            return int(value)
        case _:
            return round(value, 4)
