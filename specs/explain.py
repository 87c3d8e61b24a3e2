"""A key of a checked spec -> its value, what is allowed, what it means, and every layer that set it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.explain_words import allowed_in_words, in_one_line, shortened_line, type_in_words
from mlspec.specs.keys import COMPOSED
from mlspec.specs.nearest import hint_for
from mlspec.specs.origins import Lock, Origin, Setting, Source
from mlspec.specs.paths import part_in, path_in
from mlspec.specs.schema import schemas_at
from mlspec.specs.yaml_nodes import Node, parse_yaml, plain
from mlspec.specs.yaml_text import split_lines

_NO_KEY = {"final": "files of libraries have it: which keys they hold final, mlspec explain says at each"}


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
        if self.default not in (None, ""):
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
    written = _written(checked)
    path, value = _found({**_dumped(checked), **{name: plain(node) for name, node in written.items()}}, key)
    return _explained(checked, path, value, written.get(path[0]) if path else None)


def explain_all(checked: Checked) -> list[Explained]:
    """The same of every key that holds a value of its own, or a list of such."""
    return [_explained(checked, path, value) for path, value in _leaves(_dumped(checked), ())]


def _written(checked: Checked) -> dict[str, Node]:
    """What only composition reads, as the spec's own file has it: nothing of it is left in what is resolved."""
    file = next(said.origin.span for said in checked.origins.history[""] if said.origin.source is Source.SPEC)
    root, _ = parse_yaml(checked.texts[file.file], file.file) if file else (Node({}, Span("", 1, 1)), [])
    items = root.value if isinstance(root.value, dict) else {}
    return {name: items.get(name) or Node(None, root.span) for name in COMPOSED}


def _explained(checked: Checked, path: Sequence[str], value: Any, written: Node | None = None) -> Explained:
    """`written` is what stands at the first part of `path`, where only composition reads that."""
    key, schemas = ".".join(path), schemas_at(path)
    if key == "environment":  # no file has it
        meaning, step = "Which overlay of environments is laid over the spec.", Step("option", "--env", "", key, value)
        return Explained(key, value, "text", "", meaning, "dev", (step,))
    return Explained(
        key=key,
        value=value,
        type=type_in_words(schemas),
        allowed=allowed_in_words(schemas),
        meaning=next((schema["description"] for schema in schemas if schema.get("description")), ""),
        default=next((schema["default"] for schema in schemas if schema.get("default") is not None), None),
        chain=tuple(_chain(checked, key, value) if written is None else [_as_written(checked, path, written)]),
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


def _found(dumped: Any, key: str) -> tuple[tuple[str, ...], Any]:
    """The path and the value of `key`; a column's name may have dots, and `gates[0]` is `gates.0`."""
    path = path_in(dumped, key) if key else ()
    for part in path:
        if part_in(dumped, part) != part:
            known = [str(i) for i in range(len(dumped))] if isinstance(dumped, list) else list(dumped or ())
            hint = _NO_KEY.get(key) or hint_for(part, known if not isinstance(dumped, str) else [], "there is")
            raise SpecError([Diagnostic("ML201", f"the spec has no '{key}'", path=key, hint=hint)])
        dumped = dumped[int(part)] if isinstance(dumped, list) else dumped[part]
    return path, dumped


def _as_written(checked: Checked, path: Sequence[str], node: Node) -> Step:
    """The one layer that says what composition reads: the spec's own file, or none."""
    if node.key is None:
        return _step(checked, path[0], Setting(Origin(Source.DEFAULT)))
    for part in path[1:]:
        below = node.value
        node = below[part] if isinstance(below, dict) else below[int(part)] if isinstance(below, tuple) else node
    at = node.key if node.key and isinstance(node.value, dict) else node.span
    return _step(checked, ".".join(path), Setting(Origin(Source.SPEC, at), node))


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
