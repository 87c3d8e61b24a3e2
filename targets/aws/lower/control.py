"""The functions that the workflow calls: start decides whether to train, gate judges, rollout moves traffic."""

from mlspec.compiler.graph import Grant, Join, Name, Options, Ref, Resource, Value
from mlspec.targets.aws.lower.alarms import Watch, alarm_properties
from mlspec.targets.aws.lower.code import code_key, data_key
from mlspec.targets.aws.lower.context import Context, Lowered, arn
from mlspec.targets.aws.lower.functions import Shape, function
from mlspec.targets.aws.lower.grants import logs_to, misses, reads, uses_key, writes
from mlspec.targets.aws.lower.inference import ALIAS_NAME
from mlspec.targets.aws.lower.monitors import drift_alarm_names
from mlspec.targets.aws.lower.signals import canary_alarm_name, canary_limit
from mlspec.targets.aws.lower.training import data_uri
from mlspec.targets.aws.types import ALARM

_KEY: dict[str, Value] = {"MLSPEC_KEY": Ref("key", "arn")}
# The rollout points these at the version it watches; an apply must not point them back.
_POINTED_BY_ROLLOUT = Options(ignore_changes=("dimensions",))
NO_VERSION = "none"


def lower_control(context: Context) -> Lowered:
    """Three functions, each with a role of its own, and the alarms that guard a rollout."""
    shapes = {"start": _start(context), "gate": _gate(), "rollout": _rollout(context)}
    made = tuple(part for unit, shape in shapes.items() for part in function(context, unit, shape))
    logs = tuple(logs_to(f"{unit}-role", f"{unit}-logs") for unit in shapes)
    keys = tuple(uses_key(f"{unit}-role", write=True) for unit in shapes)
    grants = (*logs, *keys, *_start_grants(context), *_gate_grants(), *_rollout_grants(context))
    return Lowered((*made, *_canary_alarms(context)), grants)


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


def _gate() -> Shape:
    why = "Unpacks what was trained and judges it; what fails here never serves."
    return Shape(memory=1024, timeout=300, path="gates", why=why, variables=_KEY)


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
            "MLSPEC_BASE_KEY": code_key("inference", context.digests["inference"]),
            "MLSPEC_REGISTRY": Name("registry"),
            "MLSPEC_CANARY_ALARMS": comma_separated(_canary_names(context)),
        },
    )


def comma_separated(names: tuple[Name, ...]) -> Value:
    """Names as one string."""
    parts: tuple[Value, ...] = tuple(part for name in names for part in (",", name))[1:]
    return Join(parts) if parts else ""


def _canary_names(context: Context) -> tuple[Name, ...]:
    return tuple(Name(canary_alarm_name(signal)) for signal in context.spec.rollout.rollback_on)


def _canary_alarms(context: Context) -> tuple[Resource, ...]:
    """Any bad minute of a bake keeps the alarm on until the bake ends, which is when it is looked at."""
    minutes = min(-(-context.spec.rollout.bake.seconds // 60), 1440)
    made = []
    for number, signal in enumerate(context.spec.rollout.rollback_on):
        limit = canary_limit(context.spec, signal)
        if limit is not None:
            watch = Watch(signal, limit, 60, max(1, minutes))
            made.append(_canary_alarm(context, watch, path=f"rollout.rollback_on.{number}"))
    return tuple(made)


def _canary_alarm(context: Context, watch: Watch, *, path: str) -> Resource:
    described = f"{context.spec.stack}: {watch.signal} of the release being rolled out above {watch.limit:g}"
    dimensions = {
        "model": context.spec.name,
        "environment": context.spec.environment,
        "version": NO_VERSION,
    }
    return context.resource(
        ALARM,
        canary_alarm_name(watch.signal),
        {**alarm_properties(context, watch), "dimensions": dimensions, "alarmDescription": described},
        path=path,
        reviewer="operations",
        why=f"Sends traffic back when {watch.signal} of a new release is above {watch.limit:g}.",
        options=_POINTED_BY_ROLLOUT,
    )


def _start_grants(context: Context) -> tuple[Grant, ...]:
    role = "start-role"
    execution = arn("states", "execution:", Name("workflow"), ":*")
    return (
        reads(role, "champion.json", "ledger.json", "releases/*", why="what was trained, and when"),
        misses(role),
        writes(role, "ledger.json", why="the retraining it starts"),
        Grant(role, ("states:DescribeExecution",), (execution,), "whether a retraining runs"),
        *_describes_alarms(role, drift_alarm_names(context)),
    )


def _gate_grants() -> tuple[Grant, ...]:
    role = "gate-role"
    return (
        reads(role, "jobs/*", "releases/*", why="what was trained"),
        misses(role),
        writes(role, "releases/*", why="the release and the verdict on it"),
    )


def _rollout_grants(context: Context) -> tuple[Grant, ...]:
    role = "rollout-role"
    function, canaries = Ref("inference", "arn"), _canary_names(context)
    publish = ("lambda:GetFunctionConfiguration", "lambda:PublishVersion", "lambda:UpdateFunctionCode")
    group = arn("sagemaker", "model-package-group/", Name("registry"))
    packages = arn("sagemaker", "model-package/", Name("registry"), "/*")
    register = ("sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage")
    return (
        reads(role, "champion.json", "code/inference-*", "releases/*", why="releases, and the code that serves them"),
        misses(role),
        writes(role, "champion.json", "releases/*", why="which release is the champion, and what became of the others"),
        Grant(role, publish, (function, Join((function, ":*"))), "a version for each release"),
        Grant(
            role,
            ("lambda:GetAlias", "lambda:UpdateAlias"),
            (function, Join((function, f":{ALIAS_NAME}"))),
            "the shares of traffic",
        ),
        Grant(role, register, (group, packages), "the registry's record of a release"),
        *_describes_alarms(role, canaries),
        *_points_alarms(role, canaries),
    )


def _describes_alarms(role: str, names: tuple[Name, ...]) -> tuple[Grant, ...]:
    if not names:
        return ()
    return (Grant(role, ("cloudwatch:DescribeAlarms",), _alarms(names), "the state of its alarms"),)


def _points_alarms(role: str, names: tuple[Name, ...]) -> tuple[Grant, ...]:
    if not names:
        return ()
    actions = ("cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState")
    return (Grant(role, actions, _alarms(names), "the alarms that watch a new release"),)


def _alarms(names: tuple[Name, ...]) -> tuple[Value, ...]:
    return tuple(arn("cloudwatch", "alarm:", name) for name in names)
