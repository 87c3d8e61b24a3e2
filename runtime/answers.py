"""A model's output turned into the predictions of a response, by task."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from numpy.typing import NDArray

_THRESHOLD = 0.5

Predictions = list[dict[str, Any]]


class NotFinite(Exception):
    """The model answered NaN or infinity, which no caller can use."""


def binary(output: NDArray[Any], classes: Sequence[Any]) -> Predictions:
    """The positive class's probability, and whether it is the likelier one."""
    return [{"probability": p, "label": p >= _THRESHOLD} for p in _finite(output)]


def multiclass(output: NDArray[Any], classes: Sequence[Any]) -> Predictions:
    """The likeliest class, and every class's probability."""
    best = output.argmax(axis=1).tolist()
    _finite(output.sum(axis=1))
    return [
        {"class": classes[at], "probabilities": dict(zip(classes, row, strict=True))}
        for at, row in zip(best, output.tolist(), strict=True)
    ]


def regression(output: NDArray[Any], classes: Sequence[Any]) -> Predictions:
    """The number itself."""
    return [{"value": value} for value in _finite(output)]


ANSWERS: Mapping[str, Callable[[NDArray[Any], Sequence[Any]], Predictions]] = {
    "binary": binary,
    "multiclass": multiclass,
    "regression": regression,
}


def _finite(output: NDArray[Any]) -> list[float]:
    values: list[float] = output.tolist()
    if not isfinite(sum(values)):
        raise NotFinite("the model's answer is not a finite number")
    return values
