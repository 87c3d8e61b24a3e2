"""A key of a checked spec -> its value, what is allowed, what it means, and every layer that set it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.nearest import hint_for
from mlspec.specs.origins import Origin, Source
from mlspec.specs.schema import schemas_at
from mlspec.specs.yaml_text import split_lines


@dataclass(frozen=True, slots=True)
class Step:
    """One layer that set the value: its name, its place, and the line of source or the override's text."""

    source: str
    place: str
    text: str


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

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        chain = [{"source": step.source, "place": step.place, "text": step.text} for step in self.chain]
        fields = {name: getattr(self, name) for name in ("key", "value", "type", "allowed", "meaning", "default")}
        return {**fields, "chain": chain}

    def as_text(self) -> str:
        """For people."""
        lines = [f"{self.key} = {_shown(self.value)}"]
        for name in ("meaning", "type", "allowed"):
            if text := getattr(self, name):
                lines.append(f"  {name + ':':9}{text}")
        if self.default is not None:
            lines.append(f"  default: {_shown(self.default)}")
        width = max(len(step.place) for step in self.chain)
        for number, step in enumerate(reversed(self.chain)):
            name = "from:" if number == 0 else "over:"
            lines.append(f"  {name:9}{step.source:12}{step.place:{width}}  {step.text}".rstrip())
        return "\n".join(lines)


def explain(checked: Checked, key: str) -> Explained:
    """What there is to know about `key` (`serving.memory`, `gates.0.min`); raises SpecError when there is none."""
    path = key.split(".") if key else []
    schemas = schemas_at(path)
    dumped = checked.spec.model_dump(mode="json", by_alias=True)
    value = _value(dumped, path, key)
    return Explained(
        key=key,
        value=value,
        type=" or ".join(dict.fromkeys(text for schema in schemas if (text := _type(schema)))),
        allowed="; ".join(dict.fromkeys(text for schema in schemas if (text := _allowed(schema)))),
        meaning=next((schema["description"] for schema in schemas if schema.get("description")), ""),
        default=next((schema["default"] for schema in schemas if schema.get("default") is not None), None),
        chain=tuple(_step(origin, checked) for origin in _chain(checked, key)),
    )


def _value(dumped: Any, path: list[str], key: str) -> Any:
    for part in path:
        if isinstance(dumped, list) and part.isdecimal() and int(part) < len(dumped):
            dumped = dumped[int(part)]
        elif isinstance(dumped, Mapping) and part in dumped:
            dumped = dumped[part]
        else:
            known = [str(i) for i in range(len(dumped))] if isinstance(dumped, list) else list(dumped or ())
            hint = hint_for(part, known if not isinstance(dumped, str) else [], "there is")
            raise SpecError([Diagnostic("ML201", f"the spec has no '{key}'", path=key, hint=hint)])
    return dumped


def _chain(checked: Checked, key: str) -> Iterator[Origin]:
    origins = checked.origins
    won = origins.of(key)
    earlier = [origin for origin in origins.history.get(key, ()) if origin != won]
    yield from earlier
    yield won


def _step(origin: Origin, checked: Checked) -> Step:
    if origin.span is None:
        text = origin.text
        return Step(origin.source.value, "command line" if origin.source is Source.OVERRIDE else "the language", text)
    lines = split_lines(checked.texts.get(origin.span.file, ""))
    line = lines[origin.span.line - 1].strip() if origin.span.line <= len(lines) else ""
    return Step(origin.source.value, str(origin.span), line)


def _type(schema: Mapping[str, Any]) -> str:
    match schema.get("type"):
        case "object":
            return "mapping"
        case "array":
            return "list"
        case "string":
            return "quantity" if "examples" in schema and "pattern" in schema else "text"
        case "null":
            return ""
        case "boolean":
            return "true or false"
        case "integer":
            return "whole number"
        case other:
            return str(other or "")


def _allowed(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(str(word) for word in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if "properties" in schema:
        return "keys " + ", ".join(schema["properties"])
    if "pattern" in schema and schema.get("examples"):
        return f"such as {schema['examples'][0]}"
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return ", ".join(f"{word} {schema[key]}" for key, word in words.items() if key in schema)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(child) for child in value) + "]"
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value))
        if value is None or isinstance(value, bool)
        else str(value)
    )
