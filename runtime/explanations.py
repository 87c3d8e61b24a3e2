"""A trained model turned into explainer.json, proven to add up to the model's own answers on rows it has not seen."""

import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.explain_trees import CannotExplain, tree_document
from mlspec.runtime.onnx_model import OnnxModel

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-4
PROVEN_ROWS = 200
LINEAR = "sklearn.linear_model."


def explainer_source(
    estimator: Any, name: str, model: OnnxModel, *, contract: Contract, trained: "np.ndarray", rows: "np.ndarray"
) -> bytes:
    """The bytes of explainer.json for `estimator`, called `name` in the spec; `trained` are the rows [rows, features]
    it has learned from, `rows` others to prove it on. Raises CannotExplain."""
    if name.startswith(LINEAR):
        document = _linear_document(estimator, contract, trained)
    else:
        document = tree_document(model.onnx, trained, outputs=len(contract.outputs))
    space = _space(document, model, rows[:PROVEN_ROWS], contract=contract)
    return json.dumps({"format": 1, "space": space, **document}, separators=(",", ":")).encode()


def _linear_document(estimator: Any, contract: Contract, trained: "np.ndarray") -> dict[str, Any]:
    """A linear model adds up columns, whatever was done to each by itself: what a column adds is read off the model's
    score as that column alone changes. A column that is not a line, or not by itself, fails the proof."""
    import numpy as np

    usual = np.nanmedian(np.where(np.isnan(trained).all(axis=0), 0.0, trained), axis=0).astype(np.float32)[None]
    score = _scores_of(estimator, contract)
    targets = score(usual).shape[1]
    terms = [_terms(score, usual, index, column, trained) for index, column in enumerate(contract.features)]
    means = score(trained).mean(axis=0)
    return {
        "kind": "linear",
        "base": [float(mean) for mean in means],
        "targets": [[term[target] for term in terms] for target in range(targets)],
    }


def _scores_of(estimator: Any, contract: Contract) -> "Callable[[np.ndarray], np.ndarray]":
    """What the model adds up, [rows, targets]: log-odds, or values; their logarithm where the model's link is one."""
    import numpy as np

    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    last = getattr(last, "estimators_", [last])[0]  # of several outputs one for each, all of a kind

    def scores(rows: "np.ndarray") -> "np.ndarray":
        if contract.classes:
            found = np.asarray(estimator.decision_function(rows), np.float64)
        else:
            found = np.asarray(estimator.predict(rows), np.float64)
            link = type(getattr(last, "_base_loss", None)).__name__
            found = np.log(found) if link in ("HalfPoissonLoss", "HalfGammaLoss", "HalfTweedieLoss") else found
        return found.reshape(len(rows), -1)

    return scores


def _terms(
    score: "Callable[[np.ndarray], np.ndarray]", usual: "np.ndarray", index: int, column: Column, trained: "np.ndarray"
) -> list[dict[str, Any]]:
    """What the column adds to each target, less what it adds on the average of the training rows."""
    import numpy as np

    seen = trained[:, index]
    if column.type == "category":
        tried = np.arange(len(column.values), dtype=np.float32)
    else:
        known = seen[~np.isnan(seen)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        tried = np.array([low, high if high > low else low + 1.0], np.float32)
    rows = np.repeat(usual, len(tried) + 1, axis=0)
    rows[:, index] = [*tried, np.nan]
    found = score(rows)
    return [_term(column, tried.astype(np.float64), found[:, target], seen) for target in range(found.shape[1])]


def _term(column: Column, tried: "np.ndarray", found: "np.ndarray", seen: "np.ndarray") -> dict[str, Any]:
    import numpy as np

    missing = np.isnan(seen)
    if column.type == "category":
        added = np.append(found[:-1], found[-1])[np.where(missing, len(tried), np.nan_to_num(seen)).astype(int)]
        mean = float(added.mean())
        return {"codes": [float(value) - mean for value in found[:-1]], "missing": float(found[-1]) - mean}
    slope = float((found[1] - found[0]) / (tried[1] - tried[0]))
    at_zero = float(found[0]) - slope * float(tried[0])
    mean = float(np.where(missing, found[-1], slope * np.nan_to_num(seen).astype(np.float64) + at_zero).mean())
    return {"slope": slope, "at_zero": at_zero - mean, "missing": float(found[-1]) - mean}


def _space(document: Mapping[str, Any], model: OnnxModel, rows: "np.ndarray", *, contract: Contract) -> str:
    """The space in which the explanations of `rows` add up to the model's answers; raises CannotExplain for none."""
    import numpy as np

    answers = np.asarray(model.predict(rows), np.float64)
    expected = answers[:, 1:] if len(contract.classes) == 2 else answers.reshape(len(rows), -1)
    sums = explained_sums(document, rows)
    unit = 1.0 if contract.classes else np.maximum(np.abs(expected), np.maximum(expected.std(axis=0), 1e-30))
    away = {}
    for space, link in _LINKS[contract.task].items():
        with np.errstate(over="ignore"):
            away[space] = (
                float((np.abs(link(sums) - expected) / unit).max()) if sums.shape == expected.shape else math.inf
            )
    best = min(away, key=lambda space: away[space])
    if not away[best] <= TOLERANCE:
        raise CannotExplain(f"its explanations would miss its answers by {away[best]:.3g}")
    return best


def explained_sums(document: Mapping[str, Any], rows: "np.ndarray") -> "np.ndarray":
    """What the served explanations of float32 `rows` add up to, base included: [rows, targets]."""
    import numpy as np

    from mlspec.runtime.explainer import KINDS

    model = KINDS[document["kind"]](document)
    listed = rows.tolist()
    added = [model.all_values(listed, [target] * len(listed)) for target in range(len(document["base"]))]
    return np.asarray(np.sum(added, axis=2).T + document["base"])


def _sigmoid(sums: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.asarray(1.0 / (1.0 + np.exp(-sums)))


def _softmax(sums: "np.ndarray") -> "np.ndarray":
    import numpy as np

    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _same(sums: "np.ndarray") -> "np.ndarray":
    return sums


def _exp(sums: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.asarray(np.exp(sums))


# In which space a model adds up, and how its answer follows. Of several classes each has its own sum: softmax of all,
# or each by itself.
_LINKS: Mapping[str, Mapping[str, "Callable[[np.ndarray], np.ndarray]"]] = {
    "binary": {"log-odds": _sigmoid, "probability": _same},
    "multiclass": {"log-odds": _softmax, "log-odds of each class": _sigmoid, "probability": _same},
    "regression": {"value": _same, "logarithm": _exp, "log-odds": _sigmoid},
}
