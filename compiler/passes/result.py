"""What a pass hands back: the next graph, and what it found wrong on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mlspec.compiler.graph import Graph, Resource, ResourceType
from mlspec.specs.diagnostics import Diagnostic

Types: TypeAlias = Mapping[str, ResourceType]


@dataclass(frozen=True, slots=True)
class Passed:
    """`graph` is whole even when there are diagnostics, so that later passes can find more."""

    graph: Graph
    diagnostics: tuple[Diagnostic, ...] = ()


def fault(code: str, message: str, *, at: Resource | None = None, hint: str = "") -> Diagnostic:
    """A diagnostic at the place in the spec that asked for a resource."""
    return Diagnostic(code, message, span=at.origin.span if at else None, hint=hint)
