"""Rows in the layout of training, sent as they are: each feature is held to what its column may hold."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from struct import pack
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct, ValidationError, convert, defstruct

from mlspec.runtime.payload import Decoded, Payload, Problem, ServingContract, broken
from mlspec.runtime.plain_bounds import plainly_in_bounds
from mlspec.runtime.problems import MOST_PROBLEMS, shown

Limit = tuple[float, float, bool, bool]
Limits = tuple[tuple[str, Limit], ...]
_BLOCK = 64  # rows that are looked at side by side


def decode_matrix(contract: ServingContract, values: list[Any], asked: Payload) -> Decoded:
    """The rows of `values`, row-major: null is missing, a category its index, true 1. Raises Refusal."""
    problems = list(islice(_problems(contract, values), MOST_PROBLEMS))
    if problems:
        raise broken(problems)
    rows = pack(f"={len(values)}f", *[float("nan") if value is None else value for value in values])
    return Decoded(rows, len(values) // len(contract.FEATURES), explain=asked.explain)


def decode_bytes(contract: ServingContract, rows: bytes, asked: Payload) -> Decoded:
    """The same of rows that are float32 already: NaN is missing. What is in bounds is not unpacked."""
    if not in_bounds(contract, rows):
        return decode_matrix(contract, [None if x != x else x for x in memoryview(rows).cast("f").tolist()], asked)
    return Decoded(rows, len(rows) // 4 // len(contract.FEATURES), explain=asked.explain)


def in_bounds(contract: ServingContract, rows: bytes) -> bool:
    """Whether nothing is wrong with any value, as NumPy sees it, where the engine has brought that.

    Blocks of rows lie over one another, so that the smallest and the largest value of each place tell of all."""
    np: Any = sys.modules.get("numpy")
    if np is None:
        return plainly_in_bounds(contract, rows)
    module: Any = contract
    bounds = _bounds(module)
    values = np.frombuffer(rows, np.float32)
    block = len(bounds.least)
    blocks, rest = divmod(len(values), block)
    return (blocks == 0 or _fit(np, bounds, values[: blocks * block].reshape(blocks, block))) and (
        rest == 0 or _fit(np, bounds, values[blocks * block :].reshape(1, rest))
    )


class Bounds(NamedTuple):
    """Of a block of rows: the smallest and largest float32, what must be whole (None: nothing), what may be missing."""

    least: Any
    most: Any
    whole: Any
    nulls: Any


def _fit(np: Any, bounds: Bounds, blocks: Any) -> bool:
    """Whether each value is within the bounds of its place in the block; the last block may be shorter."""
    least, most, whole, nulls = (None if part is None else part[: blocks.shape[1]] for part in bounds)
    low = high = blocks[0]
    if len(blocks) > 1:
        low, high = np.minimum.reduce(blocks), np.maximum.reduce(blocks)
    fits = (low >= least) & (high <= most)
    if not fits.all():
        if not (fits | (nulls & (low != low))).all():  # where any value is NaN, so is the smallest
            return False
        low, high = np.fmin.reduce(blocks), np.fmax.reduce(blocks)
        if ((low < least) | (high > most)).any():
            return False
    if whole is None:
        return True
    numbers = blocks[:, whole]
    with np.errstate(invalid="ignore"):  # a NaN may be one that signals
        return not ((numbers != np.floor(numbers)) & (numbers == numbers)).any()


@cache
def _bounds(contract: Any) -> Bounds:
    """The bounds of a block of rows; a contract is a module, and is told apart as that."""
    np: Any = sys.modules["numpy"]
    low, high, whole, nulls = (np.array(values) for values in zip(*contract.LIMITS.values(), strict=True))
    least, most = low.astype(np.float32), high.astype(np.float32)
    least = np.where(least < low, np.nextafter(least, np.float32(np.inf)), least)
    most = np.where(most > high, np.nextafter(most, np.float32(-np.inf)), most)
    block = [np.tile(part, _BLOCK) for part in (least, most, whole, nulls)]
    return Bounds(block[0], block[1], block[2] if whole.any() else None, block[3])


def _problems(contract: ServingContract, values: list[Any]) -> Iterator[Problem]:
    limits = tuple(contract.LIMITS.items())
    table = {f"c{at}": values[at :: len(limits)] for at in range(len(limits))}
    if not _fits(table, _matrix_type(limits)) or not _whole(limits, table):
        for at, (name, limit) in enumerate(limits):
            yield from _column_problems(name, limit, table[f"c{at}"])


def _column_problems(name: str, limit: Limit, column: list[Any]) -> Iterator[Problem]:
    low, high, whole, nulls = limit
    words = f"{'a whole number' if whole else 'a number'} from {low:.17g} to {high:.17g}{' or null' * nulls}"
    kind = _value_type(limit)
    for row, value in enumerate(column):
        if not _fits(value, kind) or (whole and value is not None and value % 1):
            yield Problem(row, name, f"expected {words}, got {shown(value)}")


def _whole(limits: Limits, table: Mapping[str, list[Any]]) -> bool:
    """Whether what must be a whole number is one; the types have been seen to fit."""
    return not any(
        value is not None and value % 1
        for at, (_, (_, _, whole, _)) in enumerate(limits)
        if whole
        for value in table[f"c{at}"]
    )


def _value_type(limit: Limit) -> Any:
    low, high, _, nulls = limit
    number = Annotated[float, Meta(ge=low, le=high)]
    return number | None if nulls else number


@cache
def _matrix_type(limits: Limits) -> type[Struct]:
    """A type that msgspec checks all columns by in one go; made once, because that takes long."""
    return defstruct("Matrix", [(f"c{at}", list[_value_type(limit)]) for at, (_, limit) in enumerate(limits)])  # type: ignore[misc]


def _fits(value: Any, kind: Any) -> bool:
    try:
        convert(value, kind)
    except ValidationError:
        return False
    return True
