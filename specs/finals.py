"""`final` of a library's file -> what no later layer may change, and every later layer that does."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, Span
from mlspec.specs.layers import UNFILLED
from mlspec.specs.nearest import nearest
from mlspec.specs.origins import Lock
from mlspec.specs.overrides import Override
from mlspec.specs.paths import path_in
from mlspec.specs.sameness import same
from mlspec.specs.yaml_nodes import Node, plain

_KEY = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*\Z")
_HINT = "write `final: [serving.auth, gates]`: keys, with dots, that this file or one below it sets"
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Final:
    """One key that stays as `owner` (`profile 'strict'`) has it, and the place that says so."""

    path: tuple[str, ...]
    owner: str
    span: Span


@dataclass(frozen=True, slots=True)
class Held:
    """A final key with the value it had when its layer was laid."""

    final: Final
    value: Any

    def changed(self, tree: Any) -> bool:
        """Whether `tree` has another value, or none, at the key: another once it is checked, not another text."""
        value = value_at(tree, self.final.path)
        return value is _NOTHING or not same(self.final.path, value, self.value)

    @property
    def lock(self) -> Lock:
        """The same for whoever asks about a value."""
        return Lock(".".join(self.final.path), self.final.owner, self.final.span)

    def refusal(self, span: Span | None, text: str = "", *, by_library: bool = False) -> Diagnostic:
        """What the layer is told that changed it; what a file of a library says, a spec can only not name."""
        key = ".".join(self.final.path)
        message = f"{key} is final: {self.final.owner} holds it at {self.final.span}"
        advice = "name no file that changes it" if by_library else "leave it out"
        hint = f"{advice}: it is {_shown(self.value)}"
        return Diagnostic("ML312", message, span, key, hint, text, also=(self.final.span,))


def read_finals(node: Node | None, owner: str, found: list[Diagnostic]) -> tuple[Final, ...]:
    """The keys that the list names."""
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        found.append(Diagnostic("ML311", "final is a list of keys", node.span, "final", _HINT))
        return ()
    finals = []
    for item in node.value:
        if isinstance(item.value, str) and _KEY.match(item.value):
            finals.append(Final(tuple(item.value.split(".")), owner, item.span))
        else:
            found.append(Diagnostic("ML311", "this is not a key that can be final", item.span, "final", _HINT))
    return tuple(finals)


def hold(tree: Any, finals: Iterable[Final], found: list[Diagnostic]) -> list[Held]:
    """The finals with their values in `tree`; one that has no value of its own yet is reported."""
    held = []
    for final in finals:
        key = ".".join(final.path)
        final = replace(final, path=path_in(tree, key))  # a column's name may hold dots
        value = value_at(tree, final.path)
        if value is _NOTHING or _holds(value, UNFILLED, whole=True):
            message = f"final names {key}, which {final.owner} does not set"
            close = nearest(key, _keys(tree))
            hint = (f"did you mean '{close}'? " if close else "") + "set it here, or leave it out of final"
            found.append(Diagnostic("ML311", message, final.span, "final", hint))
        elif _holds(value, "${", whole=False):
            message = f"final names {key}, which takes its value from elsewhere"
            hint = "write the value itself: what it is taken from could be changed"
            found.append(Diagnostic("ML311", message, final.span, "final", hint))
        else:
            held.append(Held(final, value))
    return held


def broken_by_layer(
    tree: Any, node: Node, held: Iterable[Held], found: list[Diagnostic], *, by_library: bool = False
) -> None:
    """Reports what is no longer in `tree` as it was held, at the place in `node`, the layer that was laid last."""
    found.extend(one.refusal(_place(node, one), by_library=by_library) for one in held if one.changed(tree))


def broken_by_override(tree: Any, edits: Sequence[Override], held: Iterable[Held], found: list[Diagnostic]) -> None:
    """The same of what the overrides made of the tree."""
    for one in held:
        if one.changed(tree):
            meant = [edit.text for edit in edits if _overlap(edit.path, one.final.path)]
            found.append(one.refusal(None, meant[-1] if meant else ""))


def value_at(tree: Any, path: Sequence[str]) -> Any:
    """The value at `path`, or a value that equals no other."""
    for part in path:
        if isinstance(tree, list) and part.isdecimal() and int(part) < len(tree):
            tree = tree[int(part)]
        elif isinstance(tree, dict) and part in tree:
            tree = tree[part]
        else:
            return _NOTHING
    return tree


def _keys(tree: Any, path: str = "") -> Iterator[str]:
    """Every dotted path of a key in `tree`."""
    for key, child in tree.items() if isinstance(tree, dict) else ():
        below = f"{path}.{key}" if path else str(key)
        yield below
        yield from _keys(child, below)


def _place(node: Node, held: Held) -> Span:
    """The key or value that differs, as deep as the layer says it."""
    span, value, path, rest = node.span, held.value, held.final.path, list(held.final.path)
    while isinstance(node.value, dict) and rest and rest[0] in node.value:
        node = node.value[rest.pop(0)]
        span = node.span
    while not rest and isinstance(node.value, dict) and isinstance(value, dict):
        differing = [key for key, child in node.value.items() if not _kept((*path, key), plain(child), value, key)]
        if not differing:
            break
        node, value, path = node.value[differing[0]], value.get(differing[0], _NOTHING), (*path, differing[0])
        span = node.key if value is _NOTHING and node.key else node.span
    return span


def _kept(path: tuple[str, ...], child: Any, value: dict[str, Any], key: str) -> bool:
    return key in value and same(path, child, value[key])


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _holds(value: Any, text: str, *, whole: bool) -> bool:
    if isinstance(value, str):
        return value == text if whole else text in value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds(item, text, whole=whole) for item in items)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
