"""Runs the lowerings one after another: a checked spec in, one graph out, or everything that cannot be lowered yet."""

from collections.abc import Callable, Mapping

from mlspec.compiler.graph import Graph, Ref, Value
from mlspec.compiler.vendor import unit_digest
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.lower.code import lower_code
from mlspec.targets.aws.lower.container import container_graph
from mlspec.targets.aws.lower.context import Context, Lowered
from mlspec.targets.aws.lower.control import lower_control
from mlspec.targets.aws.lower.dashboard import lower_dashboard
from mlspec.targets.aws.lower.event_sources import lower_event_sources
from mlspec.targets.aws.lower.images import lower_images
from mlspec.targets.aws.lower.inference import lower_inference
from mlspec.targets.aws.lower.keys import lower_keys
from mlspec.targets.aws.lower.machine import lower_machine
from mlspec.targets.aws.lower.monitors import lower_monitors
from mlspec.targets.aws.lower.notify import lower_notify
from mlspec.targets.aws.lower.parts import make_units
from mlspec.targets.aws.lower.refusals import refusals
from mlspec.targets.aws.lower.registry import lower_registry
from mlspec.targets.aws.lower.retraining import lower_retraining
from mlspec.targets.aws.lower.storage import lower_storage
from mlspec.targets.aws.lower.training import lower_training
from mlspec.targets.aws.lower.workflow import state_machine

LOWERINGS: tuple[Callable[[Context], Lowered], ...] = (
    lower_keys,
    lower_storage,
    lower_code,
    lower_training,
    lower_images,
    lower_inference,
    lower_event_sources,
    lower_control,
    lower_machine,
    lower_registry,
    lower_monitors,
    lower_retraining,
    lower_notify,
    lower_dashboard,
)

OUTPUTS: Mapping[str, Value] = {
    "alias": Ref("live", "arn"),
    "dashboard": Ref("dashboard", "dashboardName"),
    "function": Ref("inference", "name"),
    "registry": Ref("registry", "modelPackageGroupName"),
    "store": Ref("store", "bucket"),
    "topic": Ref("alerts", "arn"),
    "url": Ref("inference-url", "functionUrl"),
    "workflow": Ref("workflow", "arn"),
}


def lower(checked: Checked, inputs: Mapping[str, bytes]) -> Graph:
    """The graph without names, tags and policies; raises SpecError with all that is refused."""
    units, problems = make_units(checked)
    found = {problem.path: problem for problem in (*problems, *refusals(checked, inputs))}
    if found:
        raise SpecError(found.values())
    if checked.spec.serving.target == "container":
        return container_graph(checked, inputs, units)
    digests = {name: unit_digest(unit) for name, unit in units.items()}
    context = Context(checked, inputs, units, digests, state_machine(checked))
    lowered = tuple(step(context) for step in LOWERINGS)
    return Graph(
        spec=checked.spec.name,
        environment=checked.spec.environment,
        resources=tuple(resource for part in lowered for resource in part.resources),
        grants=tuple(grant for part in lowered for grant in part.grants),
        units=tuple(units.values()),
        outputs=OUTPUTS,
        files={path: held for part in lowered for path, held in part.files.items()},
        tags={"mlspec:owner": checked.spec.owner},
    )
