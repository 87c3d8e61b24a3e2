"""A model's scores turned into the predictions of a response, by task."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from mlspec.runtime.engines import Scores

_THRESHOLD = 0.5

Predictions = list[dict[str, Any]]


class NotFinite(Exception):
    """The model answered NaN or infinity, which no caller can use."""


def binary(scores: Any, classes: Sequence[Any]) -> Predictions:
    """The positive class's probability, and whether it is the likelier one."""
    return [{"probability": p, "label": p >= _THRESHOLD} for p in _finite(scores)]


def multiclass(scores: Any, classes: Sequence[Any]) -> Predictions:
    """The likeliest class, and every class's probability."""
    _finite([sum(row) for row in scores])
    return [
        {"class": classes[row.index(max(row))], "probabilities": dict(zip(classes, row, strict=True))} for row in scores
    ]


def regression(scores: Any, classes: Sequence[Any]) -> Predictions:
    """The number itself."""
    return [{"value": value} for value in _finite(scores)]


ANSWERS: Mapping[str, Callable[[Scores, Sequence[Any]], Predictions]] = {
    "binary": binary,
    "multiclass": multiclass,
    "regression": regression,
}


def _finite(values: list[float]) -> list[float]:
    if not isfinite(sum(values)):
        raise NotFinite("the model's answer is not a finite number")
    return values
