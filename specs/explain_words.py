"""What JSON Schema says of a key, and a value -> the words and the one line that a person reads."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_SHORT = 60
_UNITS = re.compile(r"\(([A-Za-z%|]+)\)")  # a quantity's, as its pattern lists them


def type_in_words(schemas: Iterable[Mapping[str, Any]]) -> str:
    """What kind of value it is, alternatives by `or`."""
    return " or ".join(dict.fromkeys(text for schema in schemas if (text := _type(schema))))


def allowed_in_words(schemas: Iterable[Mapping[str, Any]]) -> str:
    """The words, the range, the units or the keys that it can have."""
    return "; ".join(dict.fromkeys(text for schema in schemas if (text := _allowed(schema))))


def _type(schema: Mapping[str, Any]) -> str:
    match schema.get("type"):
        case "object":
            return "mapping"
        case "array":
            return "list"
        case "string":
            return "quantity" if "examples" in schema and _UNITS.search(schema.get("pattern", "")) else "text"
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
        units = _UNITS.search(schema["pattern"])
        return f"such as {schema['examples'][0]}" + (f", in {units[1].replace('|', ', ')}" if units else "")
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return ", ".join(f"{word} {schema[key]}" for key, word in words.items() if key in schema)


def in_one_line(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_one_line(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(in_one_line(child) for child in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def shortened_line(value: Any, width: int = _SHORT) -> str:
    """The same, cut where it is longer than `width`."""
    text = in_one_line(value)
    return text if len(text) <= width else text[: width - 3] + "..."
