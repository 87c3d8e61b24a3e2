"""The language's models -> one JSON Schema for editors, and the parts of it that stand at a dotted path."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from mlspec.specs.defaults_list import GROUPS
from mlspec.specs.units import Quantity

SCHEMA_ID = "urn:mlspec:v1"
_DEEPEST = 6
_FILES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_DEFAULTS: dict[str, Any] = {
    "type": "array",
    "description": "What this spec is laid over, in order: files of libraries by group, and `_self_` for this file.",
    "items": {
        "anyOf": [
            {"const": "_self_"},
            *(
                {
                    "type": "object",
                    "properties": {group: {**_FILES, "description": f"A file of the group {group} in a library."}},
                    "required": [group],
                    "additionalProperties": False,
                }
                for group in GROUPS
            ),
        ]
    },
}


@cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft-07 features and `$defs`) of a spec as it is written, overlays included."""
    from pydantic.json_schema import GenerateJsonSchema

    from mlspec.specs.models import Spec

    class InShortestText(GenerateJsonSchema):
        """Writes a default quantity the way a spec would: `10m`."""

        def encode_default(self, dft: Any) -> Any:
            return _text(dft) if isinstance(dft, Quantity | tuple) else super().encode_default(dft)

    schema: dict[str, Any] = Spec.model_json_schema(by_alias=True, schema_generator=InShortestText)
    properties = dict(_explained(schema, schema["$defs"])["properties"])
    properties.pop("environment")
    overlay = {
        "type": "object",
        "properties": {k: _relaxed(v) for k, v in properties.items()},
        "additionalProperties": False,
    }
    properties["defaults"] = _DEFAULTS
    properties["environments"] = {
        "type": "object",
        "description": "What changes in an environment, by its name; chosen by --env.",
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/Overlay"}, {"type": "null"}]},
    }
    definitions = _with_overlays({k: _explained(v, schema["$defs"]) for k, v in schema["$defs"].items()}, overlay)
    required = ["apiVersion", "name", "owner", "data", "training"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA_ID,
        "title": "mlspec",
        "description": schema.get("description", ""),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _explained(block: Mapping[str, Any], blocks: Mapping[str, Any]) -> dict[str, Any]:
    """The block, each key that holds another block or nothing described as that block is."""
    properties = dict(block.get("properties", {}))
    for key, field in properties.items():
        names = [one["$ref"].rpartition("/")[2] for one in field.get("anyOf", ()) if "$ref" in one]
        if names and "description" not in field:
            properties[key] = {**field, "description": blocks[names[0]].get("description", "")}
    return {**block, "properties": properties}


def _text(default: Any) -> Any:
    if isinstance(default, tuple):
        return [_text(item) for item in default]
    return str(default) if isinstance(default, Quantity) else default


def _with_overlays(definitions: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Every block a second time as `<block>Overlay`, in which no key is required: profiles bring the others."""
    relaxed = {f"{name}Overlay": _relaxed({**block, "required": []}) for name, block in definitions.items()}
    for block in relaxed.values():
        block.pop("required", None)
    return {**definitions, **relaxed, "Overlay": dict(overlay)}


def _relaxed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: f"{child}Overlay" if key == "$ref" else _relaxed(child) for key, child in value.items()}
    return [_relaxed(child) for child in value] if isinstance(value, list) else value


def place_of(block: str) -> tuple[str, ...] | None:
    """The keys that lead to a block; None where a list, or a mapping with names of the spec's own, stands between."""
    root = json_schema()
    open_paths: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), root)]
    for path, schema in open_paths:  # grows while it is read: nearest first
        for key, child in schema.get("properties", {}).items() if len(path) < _DEEPEST else ():
            names = [one["$ref"].rpartition("/")[2] for one in (child, *child.get("anyOf", ())) if "$ref" in one]
            if block in names:
                return (*path, key)
            open_paths += [((*path, key), root["$defs"][name]) for name in names]
    return None


def schemas_at(path: Sequence[str]) -> list[dict[str, Any]]:
    """The alternatives the language has for the value at `path`; none where it has no such key."""
    root = json_schema()
    found = list(_alternatives(root, root))
    for part in path:
        steps = [step for schema in found for step in _step(schema, part)]
        found = [alternative for step in steps for alternative in _alternatives(step, root)]
    return found


def keys_at(path: Sequence[str]) -> list[str]:
    """The keys a mapping at `path` can have."""
    return [key for schema in schemas_at(path) for key in schema.get("properties", {})]


def _alternatives(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        target = root["$defs"][str(schema["$ref"]).rpartition("/")[2]]
        yield from _alternatives({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, root)
    elif "anyOf" in schema:
        rest = {k: v for k, v in schema.items() if k != "anyOf"}
        for choice in schema["anyOf"]:
            yield from _alternatives({**choice, **rest}, root)
    else:
        yield dict(schema)


def _step(schema: Mapping[str, Any], part: str) -> Iterator[Mapping[str, Any]]:
    if part in schema.get("properties", {}):
        yield schema["properties"][part]
    elif isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"]
    elif part.isdecimal() and isinstance(schema.get("items"), dict):
        yield schema["items"]
