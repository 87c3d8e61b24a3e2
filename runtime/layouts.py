"""Rows in the layout of training, sent as they are: each feature is held to what its column may hold."""

from collections.abc import Iterator
from itertools import islice
from struct import pack
from typing import Annotated, Any

from msgspec import Meta, ValidationError, convert

from mlspec.runtime.payload import Decoded, Payload, Problem, ServingContract, broken
from mlspec.runtime.problems import MOST_PROBLEMS, shown


def decode_matrix(contract: ServingContract, values: list[Any], asked: Payload) -> Decoded:
    """The rows of `values`, row-major: null is missing, a category its index, true 1. Raises Refusal."""
    problems = list(islice(_problems(contract, values), MOST_PROBLEMS))
    if problems:
        raise broken(problems)
    rows = pack(f"={len(values)}f", *[float("nan") if value is None else value for value in values])
    return Decoded(rows, len(values) // len(contract.FEATURES), explain=asked.explain)


def _problems(contract: ServingContract, values: list[Any]) -> Iterator[Problem]:
    width = len(contract.FEATURES)
    for at, (name, (low, high, whole, nulls)) in enumerate(contract.LIMITS.items()):
        number = Annotated[float, Meta(ge=low, le=high)]
        kind: Any = number | None if nulls else number
        column = values[at::width]
        if not whole and _all(column, kind):
            continue
        words = f"{'a whole number' if whole else 'a number'} from {low:.17g} to {high:.17g}{' or null' * nulls}"
        for row, value in enumerate(column):
            if not _all([value], kind) or (whole and value is not None and value != int(value)):
                yield Problem(row, name, f"expected {words}, got {shown(value)}")


def _all(values: list[Any], kind: Any) -> bool:
    try:
        convert(values, list[kind])
    except ValidationError:
        return False
    return True
