"""The same rows in the form that each server takes them."""

import json
from collections.abc import Callable
from typing import Any

from models import FEATURES
from sklearn.datasets import load_breast_cancer

from mlspec.targets.load.payloads import Payload

_DIFFERENT = 256
Rows = list[list[float]]


def _records(rows: Rows) -> Any:
    return {"records": [dict(zip(FEATURES, row, strict=True)) for row in rows]}


def _columns(rows: Rows) -> Any:
    return {"columns": {name: [row[at] for row in rows] for at, name in enumerate(FEATURES)}}


def _inputs(rows: Rows) -> Any:
    return {"inputs": rows}


def _tensor(rows: Rows) -> Any:
    flat = [value for row in rows for value in row]
    return {"inputs": [{"name": "X", "shape": [len(rows), len(FEATURES)], "datatype": "FP32", "data": flat}]}


FORMS: dict[str, Callable[[Rows], Any]] = {
    "records": _records,
    "columns": _columns,
    "inputs": _inputs,
    "tensor": _tensor,
}


def payloads(form: str, batch: int) -> list[Payload]:
    """Requests of `batch` rows each, all different; the same rows for every form."""
    rows = load_breast_cancer(return_X_y=True)[0].tolist()
    starts = range(0, _DIFFERENT * 7, 7)
    batches = ([rows[(start + at) % len(rows)] for at in range(batch)] for start in starts)
    return [Payload(json.dumps(FORMS[form](part), separators=(",", ":")).encode()) for part in batches]
