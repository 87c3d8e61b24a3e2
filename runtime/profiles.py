"""Turns the training rows into profile.json, the reference of drift: bins fixed here, and the counts in them."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Column
from mlspec.runtime.onnx_model import OnnxModel

if TYPE_CHECKING:
    import numpy as np

BINS = 20


def make_profile(
    model: OnnxModel, matrix: "np.ndarray", *, nulls: Mapping[str, int], importance: Mapping[str, float]
) -> dict[str, Any]:
    """The profile of the training rows, and of the model's answers to them; `nulls` counts each column's nulls, which
    the matrix does not tell from unknown categories."""
    profile = {
        "format": 1,
        "rows": len(matrix),
        "columns": {
            c.name: _column(c, matrix[:, index], nulls=nulls[c.name]) for index, c in enumerate(model.features)
        },
        "prediction": _prediction(model, matrix),
        "importance": list(importance),
    }
    text = json.dumps(profile, sort_keys=True, separators=(",", ":"))
    return {**profile, "digest": hashlib.sha256(text.encode()).hexdigest()[:12]}


def bin_edges(values: "np.ndarray") -> list[float]:
    """At most 19 edges, at the quantiles of `values`, each with values below it, so that no bin starts out empty.
    Where the quantiles see one value only, the next one that occurs is the edge."""
    import numpy as np

    if not len(values):
        return []
    steps = np.arange(1, BINS) / BINS
    edges = np.unique(np.quantile(values, steps, method="inverted_cdf"))
    edges = edges[edges > values.min()]
    if not len(edges):
        edges = np.unique(values)[1:2]
    return [float(edge) for edge in edges]


def _prediction(model: OnnxModel, matrix: "np.ndarray") -> dict[str, Any]:
    """What is watched of the answers; of several outputs each, in their order; of an embedding its length."""
    watched = model.watched(matrix)
    if model.embedding:
        return {**_numeric(watched), "watched": "length"}
    if not model.outputs:
        return _numeric(watched)
    return {"outputs": {name: _numeric(watched[:, at]) for at, name in enumerate(model.outputs)}}


def _column(column: Column, values: "np.ndarray", *, nulls: int) -> dict[str, Any]:
    return _category(column, values, nulls=nulls) if column.type == "category" else _numeric(values)


def _numeric(values: "np.ndarray") -> dict[str, Any]:
    import numpy as np

    known = values[~np.isnan(values)]
    edges = bin_edges(known)
    places = np.searchsorted(np.array(edges, known.dtype), known, side="right")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return {"kind": "numeric", "edges": edges, "counts": counts.tolist(), "nulls": len(values) - len(known)}


def _category(column: Column, values: "np.ndarray", *, nulls: int) -> dict[str, Any]:
    """Counts of each category, then of those the contract does not name."""
    import numpy as np

    known = values[~np.isnan(values)].astype(np.int64)
    counts = np.bincount(known, minlength=len(column.values)).tolist()
    others = len(values) - len(known) - nulls
    return {"kind": "category", "values": list(column.values), "counts": [*counts, others], "nulls": nulls}
