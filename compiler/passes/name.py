"""Gives every resource its physical name, puts it wherever another resource spells it, and checks AWS's limits."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mlspec.compiler.graph import ACCOUNT, Grant, Graph, Join, Name, Resource, ResourceType, Value
from mlspec.compiler.passes.result import Passed, Types, fault
from mlspec.compiler.values import Leaf, replace_leaves
from mlspec.specs.diagnostics import Diagnostic

_ACCOUNT_DIGITS = "0" * 12


def name(graph: Graph, types: Types) -> Passed:
    """Fills each type's name property and replaces every `Name`; one that leads nowhere stays for the check pass."""
    names = _physical_names(graph, types)
    named = replace(
        graph,
        resources=tuple(_named(resource, names, types.get(resource.type)) for resource in graph.resources),
        grants=tuple(_spelled_grant(grant, names) for grant in graph.grants),
        outputs={key: _spelled(value, names) for key, value in graph.outputs.items()},
    )
    return Passed(named, tuple(_faults(named, types)))


def physical_name(graph: Graph, resource: str) -> str:
    """`<spec>-<environment>-<resource>`."""
    return f"{graph.spec}-{graph.environment}-{resource}"


def _physical_names(graph: Graph, types: Types) -> dict[str, Value]:
    """Each resource's name; lowering's own wins, and may be made of other resources' names."""
    own = {
        resource.name: _own_name(graph, resource, types[resource.type])
        for resource in graph.resources
        if resource.type in types and types[resource.type].name_property
    }

    def spell(value: Value, *, within: frozenset[str]) -> Value:
        def one(leaf: Leaf) -> Value:
            if not isinstance(leaf, Name) or leaf.resource not in own or leaf.resource in within:
                return leaf
            return spell(own[leaf.resource], within=within | {leaf.resource})

        return replace_leaves(value, one)

    return {resource: spell(value, within=frozenset({resource})) for resource, value in own.items()}


def _own_name(graph: Graph, resource: Resource, kind: ResourceType) -> Value:
    if kind.name_property in resource.properties:
        return resource.properties[kind.name_property]
    plain = physical_name(graph, resource.name)
    return Join((f"{plain}-", ACCOUNT)) if kind.name_format == "account" else plain


def _named(resource: Resource, names: Mapping[str, Value], kind: ResourceType | None) -> Resource:
    properties = dict(resource.properties)
    if kind and kind.name_property:
        properties[kind.name_property] = names[resource.name]
    return replace(resource, properties={key: _spelled(value, names) for key, value in properties.items()})


def _spelled_grant(grant: Grant, names: Mapping[str, Value]) -> Grant:
    conditions = {
        operator: {key: _spelled(value, names) for key, value in tests.items()}
        for operator, tests in grant.conditions.items()
    }
    return replace(grant, resources=tuple(_spelled(value, names) for value in grant.resources), conditions=conditions)


def _spelled(value: Value, names: Mapping[str, Value]) -> Value:
    return replace_leaves(value, lambda leaf: names.get(leaf.resource, leaf) if isinstance(leaf, Name) else leaf)


def _faults(graph: Graph, types: Types) -> Iterator[Diagnostic]:
    for resource in graph.resources:
        kind = types.get(resource.type)
        text = _text(resource.properties.get(kind.name_property)) if kind and kind.name_property else None
        if kind is None or text is None:
            continue
        shown = text.replace(_ACCOUNT_DIGITS, "<account>")
        if len(text) > kind.name_limit:
            yield fault(
                "ML451",
                f"the name '{shown}' has {len(text)} characters, and AWS allows {kind.name_limit} for {resource.type}",
                at=resource,
                hint=f"shorten the spec's name '{graph.spec}' or the environment's, by {len(text) - kind.name_limit}",
            )
        if not re.fullmatch(kind.name_pattern, text, re.ASCII):
            yield fault(
                "ML452",
                f"the name '{shown}' has characters that AWS does not allow for {resource.type}",
                at=resource,
                hint=f"allowed is {kind.name_pattern}",
            )


def _text(value: Value) -> str | None:
    """A name as long as it will be; None when it is known in the cloud only."""
    parts = value.parts if isinstance(value, Join) else (value,)
    texts = [_ACCOUNT_DIGITS if part == ACCOUNT else part for part in parts]
    known = [text for text in texts if isinstance(text, str)]
    return "".join(known) if len(known) == len(texts) else None
