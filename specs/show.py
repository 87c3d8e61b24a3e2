"""A checked spec -> YAML that says the same, defaults as comments, each line with where its value is from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.origins import Origins, Source
from mlspec.specs.yaml_scalars import core_scalar

_WIDTH = 48  # of the YAML, before the comments


def shown_as_json(checked: Checked) -> dict[str, Any]:
    """For machines: the resolved spec, the origin of every path in it, and who holds which key final, and where."""
    origins = checked.origins
    return {
        "spec": checked.resolved,
        "origins": {path: str(at) for path, at in sorted(origins.by_path.items()) if path},
        "finals": {key: f"{lock.owner} at {lock.span}" for key, lock in sorted(origins.finals.items())},
    }


def shown_as_yaml(checked: Checked) -> str:
    """For people, and as a spec of its own: read again it says the same."""
    tree = dict(checked.resolved)
    environment = tree.pop("environment")
    lines = [f"# {checked.spec.name}, resolved for environment {environment}"]
    return "\n".join([*lines, *_mapping(tree, "", "", checked.origins)])


def _mapping(tree: Mapping[str, Any], path: str, indent: str, origins: Origins) -> Iterator[str]:
    for key, value in tree.items():
        yield from _entry(f"{indent}{_scalar(key)}:", value, f"{path}.{key}" if path else key, indent, origins)


def _entry(start: str, value: Any, path: str, indent: str, origins: Origins) -> Iterator[str]:
    """One key or item, and what it holds below it."""
    if isinstance(value, dict) and value:
        yield _commented(start, path, origins)
        yield from _mapping(value, path, f"{indent}  ", origins)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        yield _commented(start, path, origins)
        for index, item in enumerate(value):
            yield from _item(item, f"{path}.{index}", f"{indent}  ", origins)
    else:
        yield _commented(f"{start} {_flow(value)}", path, origins)


def _item(item: Any, path: str, indent: str, origins: Origins) -> Iterator[str]:
    if not isinstance(item, dict) or not item:
        yield _commented(f"{indent}- {_flow(item)}", path, origins)
        return
    lines = list(_mapping(item, path, f"{indent}  ", origins))
    first = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    lines[first] = f"{indent}- {lines[first].lstrip()}"
    yield from [lines[first], *lines[:first], *lines[first + 1 :]]


def _commented(text: str, path: str, origins: Origins) -> str:
    """What nobody wrote stands there as a comment: written out, some defaults would be keys without an effect."""
    origin = origins.of(path)
    shown = f"# {text}" if origin.source is Source.DEFAULT else text
    lock = origins.finals.get(path)
    return f"{shown:<{_WIDTH}}  # {origin}" + (f", final by {lock.owner}" if lock else "")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(child)}" for key, child in value.items()) + "}"
    return "[" + ", ".join(_flow(item) for item in value) + "]" if isinstance(value, list) else _scalar(value)


def _scalar(value: Any) -> str:
    """A text without quotes only where it is nothing but letters, digits and signs that mean nothing to YAML."""
    if not isinstance(value, str):
        return json.dumps(value)
    bare = value.isascii() and value.replace(" ", "").replace("_", "").replace(".", "").replace("%", "").isalnum()
    plain = bare and value[0] not in " %" and value[-1] != " " and core_scalar(value) == value
    return value if plain else json.dumps(value)
