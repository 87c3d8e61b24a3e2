"""Turns a finished graph into the bundle: program, graph, documents, code, lock."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.emit.documents import document_files
from mlspec.compiler.emit.lock import lock
from mlspec.compiler.emit.program import program
from mlspec.compiler.entries import GRAPH, LOCK, graph_json
from mlspec.compiler.graph import Graph, ResourceType
from mlspec.compiler.vendor import code_files

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked


def emit_bundle(graph: Graph, types: Mapping[str, ResourceType], checked: "Checked") -> Bundle:
    """The bundle of a graph that all passes have seen; equal graphs give equal bytes."""
    files = {
        "infra/Pulumi.yaml": _project(graph),
        "infra/__main__.py": program(graph, types).encode(),
        GRAPH: graph_json(graph, types),
        **document_files(graph),
        **code_files(graph.units),
        **graph.files,
    }
    files[LOCK] = lock(graph, files, checked)
    return Bundle(dict(sorted(files.items())))


def _project(graph: Graph) -> bytes:
    lines = (
        f"name: {graph.spec}",
        f"description: The stack {graph.spec}-{graph.environment}, written by mlspec.",
        "runtime: python",
    )
    return ("\n".join(lines) + "\n").encode()
