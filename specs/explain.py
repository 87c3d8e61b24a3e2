"""A key of a checked spec -> its value, what is allowed, what it means, and every layer that set it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.explain_words import allowed_in_words, in_one_line, shortened_line, type_in_words
from mlspec.specs.nearest import hint_for
from mlspec.specs.origins import Lock, Origin, Setting, Source
from mlspec.specs.schema import schemas_at
from mlspec.specs.yaml_text import split_lines


@dataclass(frozen=True, slots=True)
class Step:
    """One layer that set the value: its name, its place, the line of source or the override's text, and what it set:
    `key`, which is the one explained or a list around it that was replaced as a whole, and the `value` it wrote."""

    source: str
    place: str
    text: str
    key: str
    value: Any
    removed: bool = False

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {name: getattr(self, name) for name in ("source", "place", "text", "key", "value", "removed")}

    def says(self, key: str) -> str:
        """The value, for people who asked for `key`."""
        if self.removed:
            return "removed"
        return shortened_line(self.value) if self.key == key else f"{self.key} = {shortened_line(self.value)}"


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything there is to say about one key. `chain` goes from the lowest layer to the one that won."""

    key: str
    value: Any
    type: str
    allowed: str
    meaning: str
    default: Any
    chain: tuple[Step, ...]
    lock: Lock | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        lock = self.lock and {"key": self.lock.key, "owner": self.lock.owner, "place": str(self.lock.span)}
        fields = {name: getattr(self, name) for name in ("key", "value", "type", "allowed", "meaning", "default")}
        return {**fields, "lock": lock, "chain": [step.as_json() for step in self.chain]}

    def as_text(self) -> str:
        """For people."""
        lines = [f"{self.key} = {in_one_line(self.value)}"]
        for name in ("meaning", "type", "allowed"):
            if text := getattr(self, name):
                lines.append(f"  {name + ':':9}{text}")
        if self.default is not None:
            lines.append(f"  default: {in_one_line(self.default)}")
        if self.lock is not None:
            lines.append(f"  final:   {self.lock.owner} holds {self.lock.key} at {self.lock.span}")
        width = max(len(step.place) for step in self.chain)
        for number, step in enumerate(reversed(self.chain)):
            name = "from:" if number == 0 else "over:"
            lines.append(f"  {name:9}{step.source:12}{step.place:{width}}  {step.says(self.key)}".rstrip())
        return "\n".join(lines)


def explain(checked: Checked, key: str) -> Explained:
    """What there is to know about `key` (`serving.memory`, `gates.0.min`); raises SpecError when there is none."""
    path, value = _found(_dumped(checked), key)
    return _explained(checked, path, value)


def explain_all(checked: Checked) -> list[Explained]:
    """The same of every key that holds a value of its own, or a list of such."""
    return [_explained(checked, path, value) for path, value in _leaves(_dumped(checked), ())]


def _explained(checked: Checked, path: Sequence[str], value: Any) -> Explained:
    key, schemas = ".".join(path), schemas_at(path)
    return Explained(
        key=key,
        value=value,
        type=type_in_words(schemas),
        allowed=allowed_in_words(schemas),
        meaning=next((schema["description"] for schema in schemas if schema.get("description")), ""),
        default=next((schema["default"] for schema in schemas if schema.get("default") is not None), None),
        chain=tuple(_chain(checked, key, value)),
        lock=checked.origins.lock_of(key),
    )


def _dumped(checked: Checked) -> Any:
    return checked.spec.model_dump(mode="json", by_alias=True)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    deep = isinstance(value, Mapping) or any(isinstance(child, Mapping | list) for _, child in items)
    if value is not None and path and not (deep and value):
        yield path, value
    elif value is not None:
        for key, child in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _leaves(child, (*path, str(key)))


def _found(dumped: Any, key: str) -> tuple[list[str], Any]:
    """The path and the value of `key`; a column's name may have dots, and `gates[0]` is `gates.0`."""
    path: list[str] = []
    rest = re.sub(r"\[(\d+)\]", r".\1", key)
    while rest:
        part = _part(dumped, rest)
        if part is None:
            known = [str(i) for i in range(len(dumped))] if isinstance(dumped, list) else list(dumped or ())
            hint = hint_for(rest.partition(".")[0], known if not isinstance(dumped, str) else [], "there is")
            raise SpecError([Diagnostic("ML201", f"the spec has no '{key}'", path=key, hint=hint)])
        dumped = dumped[int(part)] if isinstance(dumped, list) else dumped[part]
        path.append(part)
        rest = rest[len(part) + 1 :]
    return path, dumped


def _part(dumped: Any, rest: str) -> str | None:
    """The part of `dumped` that `rest` begins with: the longest of its keys, or a place in a list."""
    if isinstance(dumped, list):
        part = rest.partition(".")[0]
        return part if part.isdecimal() and int(part) < len(dumped) else None
    keys = [key for key in dumped if f"{rest}.".startswith(f"{key}.")] if isinstance(dumped, Mapping) else []
    return max(keys, key=len, default=None)


def _chain(checked: Checked, key: str, value: Any) -> Iterator[Step]:
    """Every layer's word on the key, lowest first; the language's own last where none stands any more."""
    history, won = checked.origins.history, checked.origins.of(key)
    around, earlier = _replaced_lists(checked, key)
    yield from (_step(checked, around, setting) for setting in earlier)
    said = history.get(key, ())
    yield from (_step(checked, key, setting) for setting in said)
    if not said or said[-1].removed:
        yield _step(checked, key, Setting(won, value))


def _replaced_lists(checked: Checked, key: str) -> tuple[str, tuple[Setting, ...]]:
    """A list is replaced as a whole: of a key in one, those that the list around it took the place of."""
    path = key
    while path := path.rpartition(".")[0]:
        said = checked.origins.history.get(path, ())
        if len(said) > 1 and isinstance(said[-1].value, list):
            return path, said[:-1]
    return "", ()


def _step(checked: Checked, key: str, setting: Setting) -> Step:
    origin, value = setting.origin, setting.value
    place, text = _placed(checked, origin)
    return Step(origin.source.value, place, text, key, value, setting.removed)


def _placed(checked: Checked, origin: Origin) -> tuple[str, str]:
    if origin.span is None:
        return "command line" if origin.source is Source.OVERRIDE else "the language", origin.text
    lines = split_lines(checked.texts.get(origin.span.file, ""))
    return str(origin.span), lines[origin.span.line - 1].strip() if origin.span.line <= len(lines) else ""
