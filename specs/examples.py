"""examples.toml and the models' own examples -> for every key of the language, text that shows it in a spec."""

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from mlspec.specs.schema import json_schema
from mlspec.specs.yaml_nodes import Plain, parse_yaml, plain

_TABLE = Path(__file__).parent / "examples.toml"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def base() -> str:
    """The spec that examples are laid over."""
    return str(_table()["base"]).lstrip("\n")


def written() -> Mapping[str, Mapping[str, str]]:
    """The examples of examples.toml, by block and key."""
    return {block: keys for block, keys in _table().items() if isinstance(keys, dict)}


def example_of(block: str, key: str, schema: Mapping[str, Any], place: tuple[str, ...] | None) -> str:
    """An example of a key as it stands in a spec; `place` is where its block stands, where only keys lead to it. Empty
    where nobody gave one."""
    if found := written().get(block, {}).get(key):
        return found
    values = next(_own_examples(schema), None)
    if values is None or place is None:
        return ""
    text = f"{{{key}: {json.dumps(values)}}}"
    for part in reversed(place):
        text = f"{{{part}: {text}}}"
    return text[1:-1]


def _own_examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("examples", [])
    for choice in schema.get("anyOf", []):
        yield from choice.get("examples", [])


def schema_with_examples() -> dict[str, Any]:
    """The JSON Schema of the language with an example of every key, for editors to show."""
    schema = copy.deepcopy(json_schema())
    for block, keys in {"Spec": schema, **schema["$defs"]}.items():
        for key, field in keys.get("properties", {}).items():
            text = written().get(block.removesuffix("Overlay"), {}).get(key)
            if text:
                field["examples"] = list(islice(value_in(text, key), 1))
    return schema


def value_in(text: str, key: str) -> Iterator[Plain]:
    """What the example in `text` has at `key`, wherever that stands in it."""
    node, _ = parse_yaml(text, "an example")
    yield from _held(plain(node), key)


def _held(tree: Plain, key: str) -> Iterator[Plain]:
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        for child in tree.values():
            yield from _held(child, key)
    elif isinstance(tree, list):
        for child in tree:
            yield from _held(child, key)
