"""A key as a person writes it (`data.columns.sepal.length.min`, `gates[0].min`) -> its path in a tree."""

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\[(\d+)\]")
_MOST_DOTS = 32  # of a name: a hostile key can have thousands


def path_in(tree: Any, key: str) -> tuple[str, ...]:
    """The path of `key`: at each step the longest name that the tree has there, as a column's may hold dots, and below
    what it has not, what stands between dots. `gates[0]` is `gates.0`."""
    path: list[str] = []
    rest = _PLACE.sub(r".\1", key)
    while rest:
        part = part_in(tree, rest)
        if part is None:
            return (*path, *rest.split("."))
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
        path.append(part)
        rest = rest[len(part) + 1 :]
    return tuple(path)


def part_in(tree: Any, rest: str) -> str | None:
    """The name or place in `tree` that `rest` begins with; the longest, where there are several."""
    words = rest.split(".", _MOST_DOTS)
    if isinstance(tree, list):
        return words[0] if words[0].isdecimal() and int(words[0]) < len(tree) else None
    names = (".".join(words[:count]) for count in range(len(words), 0, -1)) if isinstance(tree, Mapping) else ()
    return next((name for name in names if name in tree), None)
