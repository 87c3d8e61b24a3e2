"""Good specs -> broken ones, each by one known mistake at a known line and column: a table of kinds of mistakes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mlspec.specs.diagnostics import Span
from mlspec.specs.schema import schemas_at
from mlspec.specs.yaml_nodes import Node, parse_yaml
from tests.specs.conftest import GOOD
from tests.specs.mutations import MUTATIONS

ROOT = Path(__file__).parents[2]
TEMPLATES = Path(str(files("mlspec.specs"))) / "templates"
SOURCES = {
    "churn": GOOD,
    **{path.stem: path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.yaml"))},
    "flight-delay": (ROOT / "examples" / "flight-delay" / "flight-delay.yaml").read_text(encoding="utf-8"),
}
MARK = "@@"  # stands in a broken text where the diagnostic must point, and is taken out of it
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw]|%|[KMGT]i?B|USD|EUR)\Z")


@dataclass(frozen=True)
class Place:
    """A value of a good spec, with the text before it and after it."""

    path: tuple[str, ...]
    node: Node
    lines: tuple[str, ...]

    def replaced(self, span: Span, new: str) -> str:
        """The text with what stands at `span` replaced."""
        line = self.lines[span.line - 1]
        changed = line[: span.column - 1] + new + line[span.column - 1 + span.width :]
        return "\n".join([*self.lines[: span.line - 1], changed, *self.lines[span.line :], ""])

    def written(self, span: Span) -> str:
        """What stands at `span`."""
        return self.lines[span.line - 1][span.column - 1 : span.column - 1 + span.width]

    @property
    def spoken(self) -> tuple[str, ...]:
        """The path in the language: an overlay's keys are those of the spec."""
        return self.path[2:] if self.path[0] == "environments" else self.path

    @property
    def fixed(self) -> bool:
        """Whether the language says which keys stand beside this one."""
        parent = self.spoken[:-1]
        closed = all(schema.get("additionalProperties") is False for schema in schemas_at(parent))
        return bool(self.spoken) and self.path[0] != "defaults" and closed

    @property
    def plain(self) -> bool:
        """Whether it is one word, number or text that the language says something about."""
        scalar = not isinstance(self.node.value, dict | tuple)
        return scalar and bool(self.spoken) and self.path[0] != "defaults" and _said(self.spoken)


def _said(path: tuple[str, ...]) -> bool:
    schemas = schemas_at(path)
    return bool(schemas) and any(schema.get("type") or "enum" in schema or "const" in schema for schema in schemas)


def misspelt(place: Place) -> str | None:
    """A key with its last letter twice."""
    key = place.node.key
    return place.replaced(key, MARK + place.written(key) + place.written(key)[-1]) if key and place.fixed else None


def twice(place: Place) -> str | None:
    """A key that stands twice."""
    key = place.node.key
    if key is None or place.path[0] == "defaults" or isinstance(place.node.value, dict | tuple):
        return None
    before = place.lines[key.line - 1][: key.column - 1]
    gap = f"\n{before}" if not before.strip() else ", "
    word = place.written(key)
    return (
        place.replaced(key, f"{word}: {place.written(place.node.span)}{gap}{MARK}{word}")
        if not before.strip(" -") or "{" in before
        else None
    )


def a_list(place: Place) -> str | None:
    """A list where one value is asked for."""
    takes = any(schema.get("type") == "array" for schema in schemas_at(place.spoken))
    return place.replaced(place.node.span, f"{MARK}[[]]") if place.plain and not takes else None


def tagged(place: Place) -> str | None:
    """A value that would build an object."""
    return place.replaced(place.node.span, f"{MARK}!!python/name:os.system x") if place.plain else None


def nameless(place: Place) -> str | None:
    """An alias of nothing."""
    return place.replaced(place.node.span, f"{MARK}*nobody") if place.plain else None


def resolver(place: Place) -> str | None:
    """A look into the environment of the process."""
    return place.replaced(place.node.span, f'{MARK}"${{oc.env:HOME}}"') if place.plain else None


def nowhere(place: Place) -> str | None:
    """An interpolation of what is not there."""
    return place.replaced(place.node.span, f'{MARK}"${{nobody.there}}"') if place.plain else None


def other_word(place: Place) -> str | None:
    """A word that is not one of the few."""
    few = any("enum" in schema for schema in schemas_at(place.spoken))
    plain = place.plain and few and place.written(place.node.span).isidentifier()
    return place.replaced(place.node.span, f"{MARK}{place.node.value}x") if plain else None


def unitless(place: Place) -> str | None:
    """A quantity without its unit."""
    found = _QUANTITY.match(str(place.node.value)) if place.plain else None
    return place.replaced(place.node.span, f"{MARK}{found[1]}") if found else None


_VALUE = frozenset({"ML203", "ML204", "ML205", "ML206", "ML231"})  # of a wrong kind: said of its words, its unit, ...
# what was done, the codes it may be told under, and how it is done
MISTAKES: tuple[tuple[str, frozenset[str], Callable[[Place], str | None]], ...] = (
    ("misspelt key", frozenset({"ML201"}), misspelt),
    ("key twice", frozenset({"ML104"}), twice),
    ("list for a value", _VALUE, a_list),
    ("tag", frozenset({"ML105"}), tagged),
    ("alias of nothing", frozenset({"ML113"}), nameless),
    ("resolver", frozenset({"ML307"}), resolver),
    ("interpolation of nothing", frozenset({"ML308"}), nowhere),
    ("other word", frozenset({"ML203", "ML204"}), other_word),
    ("no unit", frozenset({"ML205", "ML206", "ML209"}), unitless),
)


@dataclass(frozen=True)
class Broken:
    """One broken spec: its text, the codes its mistake may be told under, and where."""

    name: str
    text: str
    codes: frozenset[str]
    line: int
    column: int
    environment: str


def corpus() -> Iterator[Broken]:
    """Every good spec with every mistake in every place that can have it, and the mistakes written by hand."""
    for old, new, code in MUTATIONS:
        yield _broken(f"churn: {new.strip()[:40]}", GOOD.replace(old, new, 1), frozenset({code}), "dev")
    for source, text in SOURCES.items():
        root, _ = parse_yaml(text, "spec.yaml")
        lines = tuple(text.split("\n")[:-1])
        for path, node in _places(root, ()):
            place = Place(path, node, lines)
            environment = path[1] if path[0] == "environments" and len(path) > 1 else "dev"
            for done, codes, mistake in MISTAKES:
                if (broken := mistake(place)) is not None:
                    yield _broken(f"{source}: {done} at {'.'.join(path)}", broken, codes, environment)


def _broken(name: str, marked: str, codes: frozenset[str], environment: str) -> Broken:
    before = marked[: marked.index(MARK)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Broken(name, marked.replace(MARK, "", 1), codes, line, column, environment)


def _places(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    items: Any = node.value.items() if isinstance(node.value, dict) else ()
    items = enumerate(node.value) if isinstance(node.value, tuple) else items
    for key, child in items:
        yield (*path, str(key)), child
        yield from _places(child, (*path, str(key)))
