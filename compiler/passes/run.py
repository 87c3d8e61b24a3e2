"""Runs the passes in their order and raises once, with everything that all of them found."""

from collections.abc import Callable

from mlspec.compiler.graph import Graph
from mlspec.compiler.passes.check import check
from mlspec.compiler.passes.encrypt import encrypt
from mlspec.compiler.passes.grant import grant
from mlspec.compiler.passes.name import name
from mlspec.compiler.passes.result import Passed, Types
from mlspec.compiler.passes.tag import tag
from mlspec.specs.diagnostics import Diagnostic, SpecError

PASSES: tuple[Callable[[Graph, Types], Passed], ...] = (name, tag, encrypt, grant, check)


def run_passes(graph: Graph, types: Types) -> Graph:
    """The graph after all passes; raises SpecError."""
    diagnostics: list[Diagnostic] = []
    for step in PASSES:
        passed = step(graph, types)
        graph = passed.graph
        diagnostics += passed.diagnostics
    if diagnostics:
        raise SpecError(dict.fromkeys(diagnostics))
    return graph
