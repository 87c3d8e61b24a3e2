"""Walks over the values of a graph: what they refer to, and what they become when some of them are replaced."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mlspec.compiler.graph import Asset, Join, Json, Name, Ref, Secret, Value

Leaf: TypeAlias = bool | int | float | str | Ref | Name | Asset | Secret | None


def leaves(value: Value) -> Iterator[Leaf]:
    """Everything in `value` that holds nothing else, in order."""
    match value:
        case Join(parts):
            for part in parts:
                yield from leaves(part)
        case Json(document):
            yield from leaves(document)
        case tuple():
            for item in value:
                yield from leaves(item)
        case Mapping():
            for key in value:
                yield from leaves(value[key])
        case _:
            yield value


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
