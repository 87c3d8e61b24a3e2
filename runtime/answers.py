"""A model's scores turned into predictions, by task."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from math import isfinite
from typing import Any

from msgspec import Struct

THRESHOLD = 0.5


class NotFinite(Exception):
    """The model answered NaN or infinity, which no caller can use."""


class Binary(Struct, gc=False):
    """A row's answer: encodes in a third less time than a dict."""

    probability: float
    label: bool


class Value(Struct, gc=False):
    """A row's answer."""

    value: float


def binary(scores: Any, classes: Sequence[Any]) -> Sequence[Any]:
    """The positive class's probability, and whether it is the likelier one."""
    return [Binary(p, p >= THRESHOLD) for p in scores]


def multiclass(scores: Any, classes: Sequence[Any]) -> Sequence[Any]:
    """The likeliest class, and every class's probability."""
    return [
        {"class": classes[row.index(max(row))], "probabilities": dict(zip(classes, row, strict=True))} for row in scores
    ]


def regression(scores: Any, classes: Sequence[Any]) -> Sequence[Any]:
    """The number itself."""
    return [Value(value) for value in scores]


def values(scores: Any, names: Sequence[Any]) -> Sequence[Any]:
    """Several numbers, each by its name."""
    return [{"values": dict(zip(names, row, strict=True))} for row in scores]


def embedding(scores: Any, names: Sequence[Any]) -> Sequence[Any]:
    """A vector."""
    return [{"embedding": row} for row in scores]


ANSWERS: Mapping[str, Callable[[Any, Sequence[Any]], Sequence[Any]]] = {
    "binary": binary,
    "multiclass": multiclass,
    "regression": regression,
    "values": values,
    "embedding": embedding,
}


def kind_of(task: str, description: Mapping[str, Any]) -> str:
    """The key of ANSWERS for a release: `output` of its model.json where that is more than one number, or the task."""
    output = str(description.get("output"))
    return output if output in ("values", "embedding") else task


def names_of(description: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the numbers of a score are called: the classes, or `outputs` of a model.json with several values."""
    return tuple(description.get("outputs") or description["classes"])


def check_finite(scores: Any) -> None:
    """Raise NotFinite where a score is NaN or infinite; one sum tells, because neither is lost in it."""
    if not isfinite(sum(chain.from_iterable(scores) if scores and isinstance(scores[0], list) else scores)):
        raise NotFinite("the model's answer is not a finite number")
