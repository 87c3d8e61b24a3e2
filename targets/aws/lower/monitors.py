"""Monitors: the unit that measures drift, when it runs, and one alarm for each signal."""

from mlspec.compiler.graph import Grant, Name, Ref, Resource, Value
from mlspec.specs.models import Monitor
from mlspec.targets.aws.lower.alarms import Watch, monitor_alarm
from mlspec.targets.aws.lower.context import DRIFT_SIGNALS, Context, Lowered
from mlspec.targets.aws.lower.events import delivery, every, rule
from mlspec.targets.aws.lower.functions import Shape, function
from mlspec.targets.aws.lower.grants import in_log, logs_to, misses, reads, uses_key
from mlspec.targets.aws.lower.signals import alarm_name, monitor_limit
from mlspec.targets.aws.types import EVENT_TARGET, PERMISSION

# How often drift is measured, in seconds: the longest of these that is at most a twentieth of the shortest window.
_RHYTHMS = (300, 900, 3600, 21_600, 86_400)
_SHARE = 20


def lower_monitors(context: Context) -> Lowered:
    """Alarms for all signals; the unit and its schedule only where drift is watched."""
    numbered = enumerate(context.spec.monitors)
    alarms = tuple(_alarm(context, monitor, path=f"monitors.{number}") for number, monitor in numbered)
    if not context.drift_monitors:
        return Lowered(alarms)
    made = (*function(context, "monitor", _shape()), *_schedule(context), *alarms)
    return Lowered(made, _grants())


def drift_rhythm(context: Context) -> int:
    """Seconds between two measurements of drift."""
    shortest = min(monitor.window.seconds for monitor in context.drift_monitors)
    return max((rhythm for rhythm in _RHYTHMS if rhythm * _SHARE <= shortest), default=_RHYTHMS[0])


def _alarm(context: Context, monitor: Monitor, *, path: str) -> Resource:
    drift = monitor.signal in DRIFT_SIGNALS
    seconds = drift_rhythm(context) if drift else monitor.window.seconds
    # CloudWatch counts in whole minutes, and no period is longer than a day.
    periods = -(-seconds // 86_400)
    watch = Watch(monitor.signal, monitor_limit(monitor), 60 * -(-seconds // (60 * periods)), periods)
    return monitor_alarm(context, alarm_name(monitor.signal), watch, path=path)


def _shape() -> Shape:
    return Shape(
        memory=512,
        timeout=300,
        path="monitors",
        why="Compares what the champion was asked lately with what it was trained on.",
        variables={"MLSPEC_LOG_GROUP": Ref("inference-logs", "name")},
        extra={"deadLetterConfig": {"targetArn": Ref("dead-letters", "arn")}},
    )


def _schedule(context: Context) -> tuple[Resource, ...]:
    when = rule(
        context,
        "monitor-schedule",
        {"scheduleExpression": every(drift_rhythm(context))},
        path="monitors",
        why="When drift is measured.",
    )
    # The monitor prints what it measured; running twice for one event would do no harm.
    properties: dict[str, Value] = {
        "rule": Ref("monitor-schedule", "name"),
        "arn": Ref("monitor", "arn"),
        **delivery(),
    }
    target = context.resource(
        EVENT_TARGET,
        "monitor-schedule-target",
        properties,
        path="monitors",
        reviewer="operations",
        why="Calls the monitor.",
    )
    permission = context.resource(
        PERMISSION,
        "monitor-schedule-permission",
        {
            "function": Ref("monitor", "name"),
            "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com",
            "sourceArn": Ref("monitor-schedule", "arn"),
        },
        path="monitors",
        reviewer="security",
        why="Only this schedule may call the monitor.",
    )
    return (when, target, permission)


def _grants() -> tuple[Grant, ...]:
    role = "monitor-role"
    return (
        logs_to(role, "monitor-logs"),
        reads(role, "champion.json", "releases/*", why="the champion and its profile"),
        misses(role),
        uses_key(role, write=True),
        Grant(role, ("logs:FilterLogEvents",), (in_log("inference-logs"),), "the histograms of requests"),
        Grant(role, ("sqs:SendMessage",), (Ref("dead-letters", "arn"),), "events that failed"),
    )


def drift_alarm_names(context: Context) -> tuple[Name, ...]:
    """The alarms that start a retraining, by the names they will have."""
    retraining = context.spec.retraining
    signals = [trigger for trigger in retraining.on if isinstance(trigger, str)] if retraining else []
    return tuple(Name(alarm_name(signal)) for signal in signals)
