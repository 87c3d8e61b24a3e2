"""Refuses a graph that could not be deployed: loose ends, cycles, doubles, and files that nobody ships."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator

from mlspec.compiler.graph import ACCOUNT, PARTITION, REGION, Asset, Graph, Name, Ref, Resource, Value
from mlspec.compiler.order import PSEUDO, cycle_in, needs_of
from mlspec.compiler.passes.result import Passed, Types, fault
from mlspec.compiler.values import Leaf, leaves
from mlspec.compiler.vendor import unit_digests
from mlspec.specs.diagnostics import Diagnostic

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def check(graph: Graph, types: Types) -> Passed:
    """The same graph, with all that is wrong with it."""
    return Passed(graph, tuple(found for rule in RULES for found in rule(graph, types)))


def _names(graph: Graph, types: Types) -> Iterator[Diagnostic]:
    counted = Counter(resource.name for resource in graph.resources)
    for resource in graph.resources:
        if counted[resource.name] > 1:
            yield fault("ML480", f"two resources are called '{resource.name}'", at=resource)
        if not _NAME.fullmatch(resource.name) or resource.name == PSEUDO:
            yield fault("ML481", f"'{resource.name}' cannot be a resource's name", at=resource)


def _known_types(graph: Graph, types: Types) -> Iterator[Diagnostic]:
    for resource in graph.resources:
        if resource.type not in types:
            yield fault("ML482", f"'{resource.name}' has an unknown type {resource.type}", at=resource)


def _references(graph: Graph, types: Types) -> Iterator[Diagnostic]:
    known = {resource.name for resource in graph.resources}
    for place, leaf, resource in _everything(graph):
        if isinstance(leaf, Name):
            yield fault("ML483", f"'{place}' spells the name of '{leaf.resource}', which has none", at=resource)
        elif isinstance(leaf, Ref) and leaf.resource == PSEUDO:
            if leaf not in (ACCOUNT, REGION, PARTITION):
                yield fault("ML483", f"'{place}' refers to {PSEUDO}.{leaf.output}, which does not exist", at=resource)
        elif isinstance(leaf, Ref) and leaf.resource not in known:
            yield fault("ML483", f"'{place}' refers to '{leaf.resource}', which does not exist", at=resource)
    for resource in graph.resources:
        for missing in sorted(set(resource.options.depends_on) - known):
            yield fault("ML483", f"'{resource.name}' waits for '{missing}', which does not exist", at=resource)


def _cycles(graph: Graph, types: Types) -> Iterator[Diagnostic]:
    cycle = cycle_in(needs_of(graph.resources))
    if cycle:
        path = " -> ".join(cycle)
        yield fault("ML484", f"resources wait for each other: {path}", at=graph.resource(cycle[0]))


def _assets(graph: Graph, types: Types) -> Iterator[Diagnostic]:
    digests = {f"packages/{name}.zip": digest for name, digest in unit_digests(graph.units).items()}
    digests |= {path: hashlib.sha256(held).hexdigest() for path, held in graph.files.items()}
    for place, leaf, resource in _everything(graph):
        if isinstance(leaf, Asset) and leaf.path not in digests:
            yield fault("ML485", f"'{place}' ships {leaf.path}, which is not in the bundle", at=resource)
        elif isinstance(leaf, Asset) and leaf.digest != digests[leaf.path]:
            yield fault("ML486", f"'{place}' ships {leaf.path} under the digest of something else", at=resource)


def _everything(graph: Graph) -> Iterator[tuple[str, Leaf, Resource | None]]:
    for resource in graph.resources:
        yield from ((resource.name, leaf, resource) for leaf in leaves(resource.properties))
    outputs: dict[str, Value] = dict(graph.outputs)
    yield from (("outputs", leaf, None) for leaf in leaves(outputs))


Rule = Callable[[Graph, Types], Iterator[Diagnostic]]
RULES: tuple[Rule, ...] = (_names, _known_types, _references, _cycles, _assets)
