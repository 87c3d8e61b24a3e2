"""Two values of one key -> whether the language reads them as the same: `365d` and `8760h` are."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from mlspec.specs.check import with_tuples


def same(path: Sequence[str], one: Any, other: Any) -> bool:
    """Whether `one` and `other` are equal at the key, as they are or once they are checked; what cannot be checked
    by itself is compared as it is written."""
    return bool(one == other) or any(_read_the_same(kind, one, other) for kind in _kinds_at(path))


def _read_the_same(kind: Any, one: Any, other: Any) -> bool:
    from pydantic import TypeAdapter, ValidationError

    reads = TypeAdapter(kind)
    try:
        first, second = (reads.validate_python(with_tuples(value), strict=True) for value in (one, other))
    except ValidationError:
        return False
    return bool(first == second)


def _kinds_at(path: Sequence[str]) -> list[Any]:
    """The types that the language has for the value at `path`."""
    from mlspec.specs.models import Spec

    kinds: list[Any] = [Spec]
    for part in path:
        kinds = [below for kind in kinds for branch in _branches(kind) for below in _below(branch, part)]
    return kinds


def _branches(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _branches(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for branch in get_args(kind):
            yield from _branches(branch)
    else:
        yield kind


def _below(kind: Any, part: str) -> Iterator[Any]:
    """The type under the key or index `part`."""
    if fields := getattr(kind, "model_fields", None):
        yield from (field.annotation for name, field in fields.items() if (field.alias or name) == part)
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]
    elif get_origin(kind) is tuple and part.isdecimal():
        yield get_args(kind)[0]
