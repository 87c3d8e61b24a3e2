"""Walks over the values of a graph: what they refer to, and what they become when some of them are replaced."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mlspec.compiler.graph import Asset, Join, Json, Name, Ref, Secret, Value

Leaf: TypeAlias = bool | int | float | str | Ref | Name | Asset | Secret | None


def leaves(value: Value) -> list[Leaf]:
    """Everything in `value` that holds nothing else, in order."""
    found: list[Leaf] = []
    _gather(value, found)
    return found


def _gather(value: Value, found: list[Leaf]) -> None:
    """Lists, not generators in generators, and the commonest kinds first: a compile walks its values many times."""
    match value:
        case str() | Ref() | None:
            found.append(value)
        case Join(parts):
            for part in parts:
                _gather(part, found)
        case Json(document):
            _gather(document, found)
        case tuple():
            for item in value:
                _gather(item, found)
        case Mapping():
            for item in value.values():
                _gather(item, found)
        case _:
            found.append(value)


def refs(value: Value) -> tuple[Ref, ...]:
    """The references in `value`, in order, with repetitions."""
    return tuple(leaf for leaf in leaves(value) if isinstance(leaf, Ref))


def replace_leaves(value: Value, change: Callable[[Leaf], Value]) -> Value:
    """`value` with every leaf changed; a `Join` that has become plain text is a string."""
    match value:
        case Join(parts):
            return joined(*(replace_leaves(part, change) for part in parts))
        case Json(document):
            return Json(replace_leaves(document, change))
        case tuple():
            return tuple(replace_leaves(item, change) for item in value)
        case Mapping():
            return {key: replace_leaves(item, change) for key, item in value.items()}
        case _:
            return change(value)


def joined(*parts: Value) -> Value:
    """The parts as one value: nested joins flat, neighbouring strings one, a lone string itself."""
    flat: list[Value] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Join) else (part,):
            last = flat[-1] if flat else None
            if isinstance(piece, str) and isinstance(last, str):
                flat[-1] = last + piece
            else:
                flat.append(piece)
    return flat[0] if len(flat) == 1 and isinstance(flat[0], str) else Join(tuple(flat))
