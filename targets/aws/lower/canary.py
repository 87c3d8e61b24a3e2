"""The alarms that watch a new release while it is rolled out; the rollout points them at its version."""

from mlspec.compiler.graph import Name, Options, Resource
from mlspec.targets.aws.lower.alarms import Watch, alarm_properties
from mlspec.targets.aws.lower.context import Context
from mlspec.targets.aws.lower.signals import canary_alarm_name, canary_limit
from mlspec.targets.aws.types import ALARM

# The rollout points these at the version it watches; an apply must not point them back.
_POINTED_BY_ROLLOUT = Options(ignore_changes=("dimensions",))
NO_VERSION = "none"


def canary_names(context: Context) -> tuple[Name, ...]:
    """The names they will have."""
    return tuple(Name(canary_alarm_name(signal)) for signal in context.spec.rollout.rollback_on)


def canary_alarms(context: Context) -> tuple[Resource, ...]:
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
