"""Keeps what `ignoreChanges` names (`a`, `a.b[0].c`, `a["b.c"]`, `a[*].b`) as it was."""

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

_STEP = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+|\*)\]|\.?(?P<key>[^.\[\]]+)')
_MISSING = object()


def steps_of(path: str) -> list[str | int]:
    """The path's keys and indices; `*` stands for every one."""
    steps: list[str | int] = []
    for match in _STEP.finditer(path):
        if match["index"] is not None and match["index"] != "*":
            steps.append(int(match["index"]))
        else:
            steps.append(match["quoted"] or match["index"] or match["key"])
    return steps


def keep_ignored(new: Mapping[str, Any], old: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """`new`, with every ignored path as in `old`: also where only one of them has it."""
    kept = dict(new)
    for path in paths:
        kept = _keep(kept, old, steps_of(path))
    return kept


def _keep(new: Any, old: Any, steps: list[str | int]) -> Any:
    if not steps:
        return copy.deepcopy(old)
    step, rest = steps[0], steps[1:]
    if step == "*":
        for key in sorted(_keys(new) | _keys(old), key=str):
            new = _keep(new, old, [key, *rest])
        return new
    before, now = _get(old, step), _get(new, step)
    if before is _MISSING and now is _MISSING:
        return new
    if rest and (before is _MISSING or now is _MISSING):
        return new  # the parent itself was added or removed: that change is not ignored
    return _put(new, step, _MISSING if before is _MISSING else _keep(now, before, rest))


def _keys(value: Any) -> set[str | int]:
    if isinstance(value, dict):
        return set(value)
    return set(range(len(value))) if isinstance(value, list) else set()


def _get(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _MISSING) if isinstance(step, str) else _MISSING
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _MISSING


def _put(value: Any, step: str | int, item: Any) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        rest = {key: other for key, other in value.items() if key != step}
        return rest if item is _MISSING else {**rest, step: item}
    if isinstance(value, list) and isinstance(step, int) and item is not _MISSING:
        return [*value[:step], item, *value[step + 1 :]]
    return value
