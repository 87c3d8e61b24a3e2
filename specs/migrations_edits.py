"""One difference between two versions of the language -> edits of a text; what no edit touches stays byte for byte."""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import yaml
from pydantic_core import PydanticCustomError

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.units import Duration, Money, Percent, Quantity, Size
from mlspec.specs.yaml_nodes import parse_yaml
from mlspec.specs.yaml_scalars import core_scalar

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BARE = re.compile(r"[A-Za-z0-9_./-]([A-Za-z0-9_./:-]*[A-Za-z0-9_./-])?")  # safe without quotes inside braces too
_ANCHOR = re.compile(r"&\S+\s+")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """What stands from `start` to `end` (characters of the text) becomes `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the old spec, its key where it has one, and what holds it."""

    path: tuple[str, ...]
    key: Any
    value: Any
    holder: Any


class Old:
    """A spec in an older version: its text, its YAML nodes, and what cannot be migrated so far."""

    def __init__(self, text: str, file: str) -> None:
        _, found = parse_yaml(text, file)  # sizes, depths and duplicate keys are judged here
        if found:
            raise SpecError(found)
        self.text: str = text
        self.file = file
        self.root = yaml.compose(text, Loader=_Loader)
        self.problems: list[Diagnostic] = []
        tokens = yaml.scan(text, Loader=_Loader)
        self._dashes: list[int] = [
            token.start_mark.index for token in tokens if isinstance(token, yaml.BlockEntryToken)
        ]

    def at(self, path: str) -> Iterator[Entry]:
        """What stands at `path` (`*` is any key or item), in the spec and in the overlay of each environment."""
        parts = tuple(path.split("."))
        yield from _entries(self.root, parts, ())
        yield from _entries(self.root, ("environments", "*", *parts), ())

    def scalars(self) -> Iterator[Any]:
        """Every plain value, wherever it stands."""
        return _scalars(self.root)

    def written(self, node: Any) -> str:
        """What the text has for `node`."""
        return self.text[self.start_of(node) : node.end_mark.index]

    def start_of(self, node: Any) -> int:
        """Where the value begins, after its anchor, which stays."""
        start: int = node.start_mark.index
        anchor = _ANCHOR.match(self.text, start)
        return anchor.end() if anchor else start

    def dash_of(self, item: Any) -> int:
        """Where the `-` of an item of a block list stands."""
        return self._dashes[bisect_left(self._dashes, item.start_mark.index) - 1]

    def refuse(self, node: Any, message: str, hint: str) -> None:
        """Something that a person has to change first."""
        mark = node.start_mark
        self.problems.append(Diagnostic("ML212", message, Span(self.file, mark.line + 1, mark.column + 1), hint=hint))


def _entries(node: Any, parts: Sequence[str], path: tuple[str, ...]) -> Iterator[Entry]:
    if not parts:
        return
    for key, value in _children(node):
        word = key.value if isinstance(key, yaml.ScalarNode) else str(key)
        if parts[0] not in ("*", word):
            continue
        if len(parts) == 1:
            yield Entry((*path, word), key if isinstance(key, yaml.ScalarNode) else None, value, node)
        yield from _entries(value, parts[1:], (*path, word))


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, yaml.MappingNode):
        yield from node.value
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    for _, value in _children(node):
        yield from _scalars(value)


Edits = Callable[[Old, str], Iterator[Edit]]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the old path, what is done there, in words for docs/migrations.md, and the path's new end."""

    path: str
    edits: Edits
    said: str
    moved: str = ""


def renamed(path: str, new: str) -> Change:
    """The key at `path` is called `new`."""

    def edits(old: Old, path: str) -> Iterator[Edit]:
        for entry in old.at(path):
            if any(key.value == new for key, _ in entry.holder.value):
                old.refuse(entry.key, f"'{entry.path[-1]}' is now '{new}', which is here too", "leave one of them out")
            yield Edit(entry.key.start_mark.index, entry.key.end_mark.index, new)

    return Change(path, edits, f"is called `{new}`", new)


def reworded(path: str, word: str, new: str) -> Change:
    """The value `word` at `path` is written `new`."""

    def edits(old: Old, path: str) -> Iterator[Edit]:
        for entry in old.at(path):
            if isinstance(entry.value, yaml.ScalarNode) and entry.value.value == word:
                quote = entry.value.style or ""
                yield Edit(old.start_of(entry.value), entry.value.end_mark.index, f"{quote}{new}{quote}")

    return Change(path, edits, f"`{word}` is written `{new}`")


def with_unit(path: str, unit: str, *, where: tuple[str, tuple[str, ...]] | None = None) -> Change:
    """A plain number at `path` carries its unit; `where` is a key beside it and the words it must have."""

    def edits(old: Old, path: str) -> Iterator[Edit]:
        for entry in old.at(path):
            if where is None or _beside(entry.holder, where[0]) in where[1]:
                yield from _quantity(old, entry.value, unit)

    said = f"{_numbers(unit)} is written `{_example(unit)}`"
    return Change(path, edits, said + (f", for {' and '.join(where[1])}" if where else ""))


_UNITS: Mapping[str, tuple[str, type[Quantity]]] = MappingProxyType(
    {
        "s": ("seconds", Duration),
        "ms": ("milliseconds", Duration),
        "d": ("days", Duration),
        " MiB": ("MiB", Size),
        " GiB": ("GiB", Size),
        "%": ("hundredths", Percent),
        " USD": ("US dollars", Money),
    }
)


def _numbers(unit: str) -> str:
    return "a share of one, such as 0.2," if unit == "%" else f"a number of {_UNITS[unit][0]}"


def _example(unit: str) -> str:
    return f"20{unit}"


def _beside(holder: Any, key: str) -> str:
    return next((str(value.value) for name, value in holder.value if name.value == key), "")


def _quantity(old: Old, node: Any, unit: str) -> Iterator[Edit]:
    """The number with its unit, in the shortest text; one that cannot carry it stays, for validate to tell."""
    number = _number(node)
    if number is None or (unit == "%" and number > 1):
        return
    amount = number * 100 if unit == "%" else number
    try:
        text = str(_UNITS[unit][1].parse(f"{amount:f}{unit}"))
    except PydanticCustomError:
        return
    yield Edit(old.start_of(node), node.end_mark.index, text)


def _number(node: Any) -> Decimal | None:
    if not isinstance(node, yaml.ScalarNode) or node.style not in (None, ""):
        return None
    value = core_scalar(node.value)
    number = Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return number if number is not None and number.is_finite() and number >= 0 else None


def wrapped(path: str, key: str, *, unit: str = "") -> Change:
    """The one value at `path` is a mapping with it at `key`."""

    def edits(old: Old, path: str) -> Iterator[Edit]:
        for entry in old.at(path):
            node = entry.value
            quantity = next(_quantity(old, node, unit), None) if unit else None
            text = quantity.new if quantity else _in_braces(old, node)
            if text and (quantity or not unit):
                yield Edit(old.start_of(node), node.end_mark.index, f"{{{key}: {text}}}")

    said = f"{_numbers(unit)} becomes `{{{key}: {_example(unit)}}}`" if unit else f"becomes `{{{key}: ...}}`"
    return Change(path, edits, said, f"{path.rpartition('.')[2]}.{key}")


def _in_braces(old: Old, node: Any) -> str:
    """A scalar as it can stand inside braces; nothing where there is none."""
    if not isinstance(node, yaml.ScalarNode) or not node.value:
        return ""
    written = old.written(node)
    keeps = node.style in ("'", '"') and "\n" not in written
    return written if keeps or _BARE.fullmatch(written) else json.dumps(node.value, ensure_ascii=False)
