"""Turns two encoded property trees into the list of what differs, path by path."""

import json
from collections.abc import Iterator
from typing import Any

from mlspec.compiler.encoding import shown
from mlspec.compiler.plan.model import Change

_MISSING: Any = object()


def changes_between(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """The differences in path order; documents inside properties are compared, not their text."""
    old, new = _opened(old), _opened(new)
    if old is _MISSING or new is _MISSING:
        yield from _one_sided(old, new, path)
    elif _is_tree(old) and _is_tree(new):
        yield from _in_trees(old, new, path)
    elif _is_list_of_trees(old) and _is_list_of_trees(new):
        yield from _in_lists(old, new, path)
    elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
        # As text, because to Python true equals 1, and to AWS it does not.
        yield Change(path, "change", shown(old), shown(new))


def _in_trees(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
    for key in sorted(old.keys() | new.keys()):
        below = f"{path}.{key}" if path else key
        yield from changes_between(old.get(key, _MISSING), new.get(key, _MISSING), below)


def _in_lists(old: list[Any], new: list[Any], path: str) -> Iterator[Change]:
    """Statements are told apart by their Sid, all else by its place."""
    before, after = _keyed(old), _keyed(new)
    for key in [*after, *(key for key in before if key not in after)]:
        yield from changes_between(before.get(key, _MISSING), after.get(key, _MISSING), f"{path}[{key}]")


def _keyed(items: list[Any]) -> dict[str, Any]:
    sids = [item.get("Sid") for item in items]
    named = all(isinstance(sid, str) for sid in sids) and len(set(sids)) == len(sids)
    return {(str(sids[index]) if named else str(index)): item for index, item in enumerate(items)}


def _one_sided(old: Any, new: Any, path: str) -> Iterator[Change]:
    there = new if old is _MISSING else old
    if _is_tree(there) and there:
        for key in sorted(there):
            below = f"{path}.{key}" if path else key
            part = there[key]
            yield from _one_sided(_MISSING, part, below) if old is _MISSING else _one_sided(part, _MISSING, below)
    elif old is _MISSING:
        yield Change(path, "add", new=shown(there))
    else:
        yield Change(path, "remove", old=shown(there))


def _opened(value: Any) -> Any:
    return value["$json"] if isinstance(value, dict) and "$json" in value else value


def _is_tree(value: Any) -> bool:
    return isinstance(value, dict) and not any(key.startswith("$") for key in value)


def _is_list_of_trees(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_tree(item) for item in value)
