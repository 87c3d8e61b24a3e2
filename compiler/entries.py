"""Turns the graph into graph.json and back into entries: all that a plan knows of a resource."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.encoding import encode, pretty
from mlspec.compiler.graph import Graph, Options, Resource, ResourceType

GRAPH = "graph.json"
LOCK = "mlspec.lock"
FORMAT = 1
_DEFAULTS = Options()


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource as graph.json has it; properties are plain JSON, what is not a literal is an object with a `$` key.

    `replace_on` and `stateful` are its type's, so that a plan needs no table of types."""

    type: str
    name: str
    properties: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    reviewer: str = "operations"
    why: str = ""
    replace_on: frozenset[str] = frozenset()
    stateful: bool = False

    @property
    def protected(self) -> bool:
        """Whether it may not be deleted."""
        return bool(self.options.get("protect"))

    @property
    def ignored(self) -> frozenset[str]:
        """The properties that somebody else moves once it exists."""
        return frozenset(self.options.get("ignore_changes", ()))

    def needs(self) -> frozenset[str]:
        """The names of the resources it refers to or waits for."""
        return frozenset(name for name, _ in refs_in(self.properties)) | set(self.options.get("depends_on", ()))


def refs_in(encoded: Any) -> tuple[tuple[str, str], ...]:
    """The (resource, output) pairs an encoded value refers to, the account and its like left out."""
    match encoded:
        case {"$ref": [str(resource), str(output)]}:
            return () if resource == "aws" else ((resource, output),)
        case dict():
            return tuple(ref for item in encoded.values() for ref in refs_in(item))
        case list():
            return tuple(ref for item in encoded for ref in refs_in(item))
        case _:
            return ()


def graph_json(graph: Graph, types: Mapping[str, ResourceType]) -> bytes:
    """graph.json: resources by name."""
    resources = sorted(graph.resources, key=lambda resource: resource.name)
    document = {
        "format": FORMAT,
        "spec": graph.spec,
        "environment": graph.environment,
        "resources": [_declared(resource, types[resource.type]) for resource in resources],
        "outputs": {key: encode(value) for key, value in graph.outputs.items()},
    }
    return pretty(document)


def _declared(resource: Resource, kind: ResourceType) -> dict[str, Any]:
    return {
        "type": resource.type,
        "name": resource.name,
        "properties": encode(resource.properties),
        "options": options_set(resource.options),
        "origin": str(resource.origin),
        "reviewer": resource.reviewer,
        "why": resource.why,
        "replace_on": sorted(kind.replace_on),
        "stateful": kind.stateful,
    }


def options_set(options: Options) -> dict[str, Any]:
    """The options that are not at their default."""
    values = {name: getattr(options, name) for name in Options.__slots__}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value != getattr(_DEFAULTS, name)
    }


def graph_entries(bundle: Bundle) -> dict[str, Entry]:
    """The resources of a bundle by name."""
    document = json.loads(bundle.files[GRAPH])
    return {declared["name"]: entry_of(declared) for declared in document["resources"]}


def lock_of(bundle: Bundle) -> dict[str, Any]:
    """The bundle's lock."""
    lock: dict[str, Any] = json.loads(bundle.files[LOCK])
    return lock


def entry_of(declared: Mapping[str, Any]) -> Entry:
    """One object of graph.json's `resources`, which is also a state's `declared`, as an entry."""
    known = {name: declared[name] for name in Entry.__slots__ if name in declared}
    return Entry(**{**known, "replace_on": frozenset(declared.get("replace_on", ()))})
