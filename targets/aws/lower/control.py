"""The functions that the workflow calls: start decides whether to train, gate judges, rollout moves traffic."""

from mlspec.compiler.graph import Join, Name, Ref, Value
from mlspec.targets.aws.lower.canary import canary_alarms, canary_names
from mlspec.targets.aws.lower.code import code_key, data_key
from mlspec.targets.aws.lower.context import Context, Lowered, arn
from mlspec.targets.aws.lower.control_grants import control_grants
from mlspec.targets.aws.lower.functions import Shape, function
from mlspec.targets.aws.lower.grants import logs_to, uses_key
from mlspec.targets.aws.lower.images import disk_for
from mlspec.targets.aws.lower.inference import ALIAS_NAME
from mlspec.targets.aws.lower.monitors import drift_alarm_names
from mlspec.targets.aws.lower.training import data_uri

_KEY: dict[str, Value] = {"MLSPEC_KEY": Ref("key", "arn")}


def lower_control(context: Context) -> Lowered:
    """Three functions, each with a role of its own, and the alarms that guard a rollout."""
    shapes = {"start": _start(context), "gate": _gate(context), "rollout": _rollout(context)}
    made = tuple(part for unit, shape in shapes.items() for part in function(context, unit, shape))
    logs = tuple(logs_to(f"{unit}-role", f"{unit}-logs") for unit in shapes)
    keys = tuple(uses_key(f"{unit}-role", write=True) for unit in shapes)
    grants = (*logs, *keys, *control_grants(context))
    return Lowered((*made, *canary_alarms(context)), grants)


def _start(context: Context) -> Shape:
    return Shape(
        memory=256,
        timeout=60,
        path="retraining",
        why="Decides whether a retraining is due: cooldown, most per month, one at a time.",
        variables={
            **_KEY,
            # Spelled, not referred to: the workflow refers to this function.
            "MLSPEC_WORKFLOW": arn("states", "stateMachine:", Name("workflow")),
            "MLSPEC_TRAINING_KEY": code_key("training", context.digests["training"]),
            "MLSPEC_DATA": data_uri(context, data_key(context.inputs)),
            "MLSPEC_DRIFT_ALARMS": comma_separated(drift_alarm_names(context)),
        },
    )


def _gate(context: Context) -> Shape:
    """It holds the model in memory, one file of it twice while it reads, and the archive on disk."""
    form = context.form
    return Shape(
        memory=max(1024, 512 + 5 * form.room // 2**21),
        timeout=300,
        path="gates",
        why="Unpacks what was trained and judges it; what fails here never serves.",
        variables={**_KEY, "MLSPEC_PACKAGE": form.name, "MLSPEC_MODEL_ROOM": str(form.room)},
        extra=disk_for(form.room),
    )


def _rollout(context: Context) -> Shape:
    return Shape(
        memory=1024,
        timeout=300,
        path="rollout",
        why="Registers a release, shifts traffic to it step by step, and back when an alarm goes off.",
        variables={
            **_KEY,
            "MLSPEC_FUNCTION": Name("inference"),
            "MLSPEC_ALIAS": ALIAS_NAME,
            **_bases(context),
            "MLSPEC_REGISTRY": Name("registry"),
            "MLSPEC_CANARY_ALARMS": comma_separated(canary_names(context)),
        },
    )


def _bases(context: Context) -> dict[str, Value]:
    """The zips that a release is added to: with ONNX Runtime, and without where the spec's models may do without it."""
    if context.form.name == "image":
        return {"MLSPEC_PACKAGE": "image"}
    known = {"inference": "MLSPEC_BASE_KEY", "inference-compiled": "MLSPEC_COMPILED_BASE_KEY"}
    return {name: code_key(unit, context.digests[unit]) for unit, name in known.items() if unit in context.digests}


def comma_separated(names: tuple[Name, ...]) -> Value:
    """Names as one string."""
    parts: tuple[Value, ...] = tuple(part for name in names for part in (",", name))[1:]
    return Join(parts) if parts else ""
