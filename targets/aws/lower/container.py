"""A spec that a container serves: the code units that train and answer, and no resource, for nothing hosts it yet."""

from collections.abc import Mapping

from mlspec.compiler.graph import Graph, Unit
from mlspec.specs.checked import Checked


def container_graph(checked: Checked, inputs: Mapping[str, bytes], units: Mapping[str, Unit]) -> Graph:
    """The units, and the data beside the spec."""
    return Graph(
        spec=checked.spec.name,
        environment=checked.spec.environment,
        units=tuple(units.values()),
        files={f"data/{path}": content for path, content in sorted(inputs.items())},
        tags={"mlspec:owner": checked.spec.owner},
    )
