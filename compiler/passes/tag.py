"""Tags everything that takes tags with the spec, the environment and the resource it stands for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mlspec.compiler.graph import Graph, Resource, Value
from mlspec.compiler.passes.result import Passed, Types, fault
from mlspec.specs.diagnostics import Diagnostic

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_ALLOWED = re.compile(r"[\w\s.:/=+\-@]{0,256}")


def tag(graph: Graph, types: Types) -> Passed:
    """Adds the compiler's and the graph's tags; a tag that lowering has set stays."""
    common = {"mlspec:spec": graph.spec, "mlspec:environment": graph.environment, **graph.tags}

    def tagged(resource: Resource) -> Resource:
        kind = types.get(resource.type)
        if kind is None or not kind.taggable:
            return resource
        own = resource.properties.get("tags", {})
        assert isinstance(own, Mapping), f"tags of {resource.name} are not a mapping"
        tags: dict[str, Value] = {**common, "mlspec:resource": resource.name, **own}
        return replace(resource, properties={**resource.properties, "tags": dict(sorted(tags.items()))})

    done = replace(graph, resources=tuple(tagged(resource) for resource in graph.resources))
    return Passed(done, tuple(_faults(graph.tags)))


def _faults(tags: Mapping[str, str]) -> Iterator[Diagnostic]:
    for key, value in sorted(tags.items()):
        if not (_ALLOWED.fullmatch(key) and _ALLOWED.fullmatch(value)):
            yield fault(
                "ML453",
                f"the tag {key}={value} is not one AWS takes",
                hint="use at most 256 letters, digits, spaces and . : / = + - @ _",
            )
