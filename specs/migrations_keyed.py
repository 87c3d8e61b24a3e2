"""A list of mappings that each hold their own name -> edits that make it one mapping by name, in the list's layout."""

from collections.abc import Iterator
from typing import Any

import yaml

from mlspec.specs.migrations_edits import Change, Edit, Old

_BY_HAND = "write each item as `- name: ...` or `{name: ...}`"


def keyed(path: str, key: str) -> Change:
    """The list at `path` is a mapping, each item at what its `key` says."""

    def edits(old: Old, path: str) -> Iterator[Edit]:
        for entry in old.at(path):
            if isinstance(entry.value, yaml.SequenceNode):
                yield from _list(old, entry.value, key)

    return Change(path, edits, f"a list of mappings with `{key}` becomes a mapping by that name")


def _list(old: Old, node: Any, key: str) -> Iterator[Edit]:
    flow = bool(node.flow_style)
    if flow:
        start, end = old.start_of(node), node.end_mark.index
        yield from (Edit(start, start + 1, "{"), Edit(end - 1, end, "}"))
    names: set[str] = set()
    previous = -1
    for item in node.value:
        pair = _pair(item, key)
        if pair is None or item.start_mark.index <= previous or pair[1].value in names:
            old.refuse(item, f"an item of this list has no `{key}` of its own", _BY_HAND)
            continue
        previous = item.start_mark.index
        names.add(pair[1].value)
        yield from _item(old, item, pair, flow=flow)


def _pair(item: Any, key: str) -> tuple[Any, Any] | None:
    """The key and the name of an item, where it has a name that can be a key."""
    if not isinstance(item, yaml.MappingNode):
        return None
    found = next((pair for pair in item.value if pair[0].value == key), None)
    if found is None or not isinstance(found[1], yaml.ScalarNode) or not found[1].value:
        return None
    return found if found[1].start_mark.line == found[1].end_mark.line else None


def _item(old: Old, item: Any, pair: tuple[Any, Any], *, flow: bool) -> Iterator[Edit]:
    name, start = old.written(pair[1]), item.start_mark.index
    braces = old.text[start] == "{"
    if old.text[start] == "&" or (not flow and not _plain_between(old, item)):
        old.refuse(item, "an item of this list carries an anchor, or is an alias", "write it out")
        return
    if flow and not braces:
        old.refuse(item, "an item of this list has no braces", _BY_HAND)
        return
    if flow:
        yield Edit(start, start, f"{name}: ")
    elif not braces:
        yield from _block_item(old, item, pair, name)
        return
    else:
        dash = old.dash_of(item)
        yield Edit(dash, dash + 1, f"{name}:")
    yield _without_in_braces(old, item, pair)


def _plain_between(old: Old, item: Any) -> bool:
    """Whether nothing but space and comments stands between an item's dash and the item."""
    between = old.text[old.dash_of(item) + 1 : item.start_mark.index]
    return all(not line.strip() or line.strip().startswith("#") for line in between.split("\n"))


def _block_item(old: Old, item: Any, pair: tuple[Any, Any], name: str) -> Iterator[Edit]:
    dash, first = old.dash_of(item), item.value[0][0].start_mark
    start, end = pair[0].start_mark.index, pair[1].end_mark.index
    label = f"{name}: {{}}" if len(item.value) == 1 else f"{name}:"
    beside = "\n" not in old.text[dash : first.index]
    if beside and first.index == start:
        yield Edit(dash, end, label)
        return
    newline = "\r\n" if "\r\n" in old.text else "\n"
    yield Edit(dash, first.index, f"{label}{newline}{' ' * first.column}") if beside else Edit(dash, dash + 1, label)
    yield _without_line(old.text, start, end)


def _without_line(text: str, start: int, end: int) -> Edit:
    """The pair is gone, and its line with it, unless a comment stands there."""
    head = text.rfind("\n", 0, start) + 1
    tail = text.find("\n", end)
    rest = text[end : tail if tail >= 0 else len(text)]
    if text[head:start].strip() or rest.strip():
        return Edit(start, end + len(rest) - len(rest.lstrip(" ")), "")
    return Edit(head, tail + 1 if tail >= 0 else len(text), "")


def _without_in_braces(old: Old, item: Any, pair: tuple[Any, Any]) -> Edit:
    """The pair is gone, and one comma with it; after the last pair a comma may stay."""
    starts = [key.start_mark.index for key, _ in item.value]
    start, end = pair[0].start_mark.index, pair[1].end_mark.index
    place = starts.index(start)
    if place + 1 < len(starts):
        between = old.text[end : starts[place + 1]]
        comma = end + between.index(",") + 1
        if between.split(",")[0].strip():
            old.refuse(pair[0], "a comment stands between a value and its comma", "move the comment")
        return Edit(start, comma if between.strip(" ,") else starts[place + 1], "")
    before = item.value[place - 1][1].end_mark.index if place else start
    return Edit(start if old.text[before:start].strip(" ,") else before, end, "")
