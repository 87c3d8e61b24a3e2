"""Retraining: the alarms and schedules that start the workflow without anybody asking."""

from collections.abc import Mapping

from mlspec.compiler.graph import Grant, Json, Ref, Resource, Value
from mlspec.specs.models import Schedule
from mlspec.targets.aws.lower.context import Context, Lowered
from mlspec.targets.aws.lower.events import delivery, rule
from mlspec.targets.aws.lower.roles import service_role
from mlspec.targets.aws.lower.signals import alarm_name
from mlspec.targets.aws.types import EVENT_TARGET

_ALARM_INPUT = '{"trigger":"alarm","alarm":<alarm>,"time":<time>}'


def lower_retraining(context: Context) -> Lowered:
    """Nothing, where the spec does not ask for it."""
    retraining = context.spec.retraining
    if retraining is None:
        return Lowered()
    signals = tuple(trigger for trigger in retraining.on if isinstance(trigger, str))
    schedules = tuple(trigger for trigger in retraining.on if isinstance(trigger, Schedule))
    role = service_role(
        context,
        "events-role",
        service="events",
        path="retraining",
        why="EventBridge starts the workflow, and nothing else.",
    )
    starts = Grant("events-role", ("states:StartExecution",), (Ref("workflow", "arn"),), "the retrainings that are due")
    alarms = _on_alarms(context, signals) if signals else ()
    return Lowered((role, *alarms, *_on_schedules(context, schedules)), (starts,))


def _on_alarms(context: Context, signals: tuple[str, ...]) -> tuple[Resource, ...]:
    """A change to ALARM starts a retraining; an alarm that stays on is looked at again each day."""
    pattern: Value = {
        "source": ("aws.cloudwatch",),
        "detail-type": ("CloudWatch Alarm State Change",),
        "resources": tuple(Ref(alarm_name(signal), "arn") for signal in signals),
        "detail": {"state": {"value": ("ALARM",)}},
    }
    paths = {"alarm": "$.detail.alarmName", "time": "$.time"}
    return (
        *_starting(context, "drift-rule", {"eventPattern": Json(pattern)}, paths=paths, template=_ALARM_INPUT),
        *_scheduled(context, "recheck-schedule", "rate(1 day)", trigger="recheck"),
    )


def _on_schedules(context: Context, schedules: tuple[Schedule, ...]) -> tuple[Resource, ...]:
    """The first is `retrain-schedule`, the others carry a number."""
    names = ["retrain-schedule" if n == 1 else f"retrain-schedule-{n}" for n in range(1, len(schedules) + 1)]
    return tuple(
        made
        for name, schedule in zip(names, schedules, strict=True)
        for made in _scheduled(context, name, schedule.schedule, trigger="schedule")
    )


def _scheduled(context: Context, name: str, expression: str, *, trigger: str) -> tuple[Resource, ...]:
    template = f'{{"trigger":"{trigger}","time":<time>}}'
    return _starting(context, name, {"scheduleExpression": expression}, paths={"time": "$.time"}, template=template)


def _starting(
    context: Context, name: str, when: Mapping[str, Value], *, paths: Mapping[str, Value], template: str
) -> tuple[Resource, ...]:
    """A rule and its target, the workflow."""
    made = rule(context, name, when, path="retraining.on", why="When a retraining is considered.")
    target = context.resource(
        EVENT_TARGET,
        f"{name}-target",
        {
            "rule": Ref(name, "name"),
            "arn": Ref("workflow", "arn"),
            "roleArn": Ref("events-role", "arn"),
            "inputTransformer": {"inputPaths": paths, "inputTemplate": template},
            **delivery(),
        },
        path="retraining.on",
        reviewer="operations",
        why="Starts the workflow, and says what asked for it.",
    )
    return (made, target)
