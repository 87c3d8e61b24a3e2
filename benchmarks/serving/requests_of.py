"""The same rows in the form that each server takes them."""

import json
from array import array
from collections.abc import Callable, Mapping
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


def _matrix(rows: int, *, back: bool) -> bytes:
    """The JSON of a matrix that follows it; `back` asks for outputs that follow theirs too."""
    size = {"binary_data_size": 4 * rows * len(FEATURES)}
    tensor = {"name": "X", "shape": [rows, len(FEATURES)], "datatype": "FP32", "parameters": size}
    return _json({"inputs": [tensor], **({"parameters": {"binary_data_output": True}} if back else {})})


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


FORMS: dict[str, Callable[[Rows], Any]] = {
    "records": _records,
    "columns": _columns,
    "inputs": _inputs,
    "tensor": _tensor,
}


# Tensors behind the JSON, as they are in memory: whether those of the answer are wanted so too.
ATTACHED = {"binary": False, "binary both ways": True}


def batches(batch: int) -> list[Rows]:
    """Different rows, as callers' are: the same ones again and again would teach a processor every branch of a tree."""
    rows = load_breast_cancer(return_X_y=True)[0].tolist()
    return [[rows[(start + at) % len(rows)] for at in range(batch)] for start in range(0, _DIFFERENT * 7, 7)]


def payloads(form: str, batch: int) -> list[Payload]:
    """Requests of `batch` rows each; the same rows for every form."""
    return [Payload(_body(form, rows)) for rows in batches(batch)]


def headers(form: str, batch: int) -> Mapping[str, str]:
    """What a request of this form and of `batch` rows says of its body."""
    if form not in ATTACHED:
        return {"Content-Type": "application/json"}
    length = len(_matrix(batch, back=ATTACHED[form]))
    return {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(length)}


def _body(form: str, rows: Rows) -> bytes:
    if form in ATTACHED:
        return _matrix(len(rows), back=ATTACHED[form]) + b"".join(array("f", row).tobytes() for row in rows)
    return _json(FORMS[form](rows))
