"""Turns the documents inside a graph into files that people and linters can read: workflows, dashboards, policies."""

from collections.abc import Callable, Mapping

from mlspec.compiler.encoding import encode, pretty, shown
from mlspec.compiler.graph import Graph, Resource

# Which property of which type holds a document, and the file it becomes.
DOCUMENTS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "aws:sfn/stateMachine:StateMachine": ("definition", lambda name: f"workflow/{_workflow(name)}.asl.json"),
    "aws:cloudwatch/dashboard:Dashboard": ("dashboardBody", lambda name: f"dashboards/{name}.json"),
    "aws:iam/rolePolicy:RolePolicy": ("policy", lambda name: f"iam/{name.removesuffix('-policy')}.json"),
}


def document_files(graph: Graph) -> dict[str, bytes]:
    """The documents by path, with `${resource.output}` for what only the cloud knows."""
    return dict(_file(resource) for resource in graph.resources if resource.type in DOCUMENTS)


def _file(resource: Resource) -> tuple[str, bytes]:
    holder, path = DOCUMENTS[resource.type]
    return path(resource.name), pretty(shown(encode(resource.properties[holder])))


def _workflow(resource: str) -> str:
    """The stack's one workflow is known by what it does."""
    return "retraining" if resource == "workflow" else resource
