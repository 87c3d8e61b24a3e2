"""Layers of nodes -> for every value of the composed tree, the layer it came from and its place in the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlspec.specs.diagnostics import Span
from mlspec.specs.origins import Origin, Origins, Setting, Source
from mlspec.specs.yaml_nodes import Node

UNFILLED = "???"  # Hydra's mark of a value that another layer must fill in


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value came from, every layer that set it, the place of its key, and the places of what it holds."""

    origin: Origin
    key: Span | None = None
    history: tuple[Setting, ...] = ()
    children: "dict[str, Place] | None" = None
    mapping: bool = False
    unfilled: bool = False


def merged(low: Any, high: Any) -> Any:
    """`high` over `low`, as Hydra merges: mappings key by key, anything else replaced, `???` filled from below."""
    if high == UNFILLED:
        return low
    if not (isinstance(low, dict) and isinstance(high, dict)):
        return high
    tree = dict(low)
    for key, child in high.items():
        tree[key] = merged(tree[key], child) if key in tree else child
    return tree


def place(node: Node, source: Source) -> Place:
    """The places of one layer. A mapping stands at its key, which a reader looks for; other values at themselves."""
    value = node.value
    at_key = isinstance(value, dict) and node.key is not None
    origin = Origin(source, node.key if at_key else node.span)
    children = None
    if isinstance(value, dict):
        children = {key: place(child, source) for key, child in value.items()}
    elif isinstance(value, tuple):
        children = {str(index): place(child, source) for index, child in enumerate(value)}
    return Place(origin, node.key, (Setting(origin, node),), children, isinstance(value, dict), value == UNFILLED)


def place_plain(value: Any, origin: Origin) -> Place:
    """The places of a value that has no text of its own: everything in it came from `origin`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    children = None if items is None else {str(key): place_plain(child, origin) for key, child in items}
    return Place(origin, None, (Setting(origin, value),), children, isinstance(value, dict))


def lay_over(low: Place | None, high: Place) -> Place:
    """The places of `high` over `low`, as `merged` does their values."""
    if low is None:
        return high
    if high.unfilled:
        return low
    merged = replace(high, history=low.history + high.history)
    if not (low.mapping and high.mapping):
        return merged
    children = dict(low.children or {})
    for key, child in (high.children or {}).items():
        children[key] = lay_over(children.get(key), child)
    return replace(merged, children=children)


def lay_at(root: Place, path: Sequence[str], high: Place) -> Place:
    """`high` laid over what stands at `path`."""
    if not path:
        return lay_over(root, high)
    empty = Place(high.origin, None, (Setting(high.origin, {}),), {}, mapping=True)
    if root.children is None:  # it has been another kind of value until now
        root = lay_over(root, empty)
    children = dict(root.children or {})
    children[path[0]] = lay_at(children.get(path[0], empty), path[1:], high)
    return replace(root, children=children, mapping=root.mapping or not root.children)


def without(root: Place, path: Sequence[str]) -> Place:
    """`root` less what stands at `path`; the items of a list after it move up."""
    children = dict(root.children or {})
    if not path or path[0] not in children:
        return root
    if len(path) > 1:
        children[path[0]] = without(children[path[0]], path[1:])
    else:
        del children[path[0]]
        if not root.mapping:
            children = {str(index): child for index, child in enumerate(children.values())}
    return replace(root, children=children)


def find(root: Place, path: Sequence[str]) -> Place | None:
    """What stands at exactly `path`."""
    for part in path:
        if not root.children or part not in root.children:
            return None
        root = root.children[part]
    return root


def nearest_place(root: Place, path: Sequence[str]) -> Place:
    """What stands at `path`, or at the longest part of it that exists."""
    for part in path:
        if not root.children or part not in root.children:
            return root
        root = root.children[part]
    return root


def walk(root: Place, path: str = "") -> Iterator[tuple[str, Place]]:
    """Every place with its dotted path, the root first."""
    yield path, root
    for key, child in (root.children or {}).items():
        yield from walk(child, f"{path}.{key}" if path else key)


def origins_of(root: Place) -> Origins:
    """The places as origins by path."""
    found = dict(walk(root))
    history = {path: place.history for path, place in found.items() if place.history}
    return Origins({path: place.origin for path, place in found.items()}, history)
