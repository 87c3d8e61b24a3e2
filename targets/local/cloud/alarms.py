"""Alarms are judged against the metric data, and a change of state does what CloudWatch would do about it."""

import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from mlspec.targets.local.cloud import events
from mlspec.targets.local.cloud.metrics import key_of
from mlspec.targets.local.cloud.world import World

SHIM = "Alarms are judged each second and at every step of the clock; percentiles are taken over the raw values"

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Sum": sum,
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}


def install(world: World) -> None:
    """Keep raw values for judging; tell the world when an alarm changes its state, whoever changed it."""
    from moto.cloudwatch.models import Alarm, CloudWatchBackend

    plain_put, plain_update, plain_alarm = (
        CloudWatchBackend.put_metric_data,
        Alarm.update_state,
        CloudWatchBackend.put_metric_alarm,
    )

    def put(self: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        plain_put(self, namespace, metric_data)
        for datum in metric_data:
            _remember(world, namespace, datum)

    def update(self: Any, reason: str, reason_data: str, state_value: str) -> None:
        before = self.state_value
        plain_update(self, reason, reason_data, state_value)
        if before != state_value:
            _tell(world, self, before)

    def put_alarm(self: Any, **settings: Any) -> Any:
        known = self.alarms.get(settings["name"])
        alarm = plain_alarm(self, **settings)
        # CloudWatch keeps the state of an alarm that is changed, and has none yet for a new one; moto says OK.
        alarm.state_value = known.state_value if known else "INSUFFICIENT_DATA"
        return alarm

    CloudWatchBackend.put_metric_data = put  # type: ignore[method-assign]
    CloudWatchBackend.put_metric_alarm = put_alarm  # type: ignore[assignment, method-assign]
    Alarm.update_state = update  # type: ignore[method-assign]


def _remember(world: World, namespace: str, datum: dict[str, Any]) -> None:
    dimensions = {d["Name"]: d["Value"] for d in datum.get("Dimensions") or []}
    values = [float(v) for v in datum.get("Values") or []]
    counts = [int(float(c)) for c in datum.get("Counts") or [1] * len(values)]
    repeated = [value for value, count in zip(values, counts, strict=True) for _ in range(count)]
    if not values and datum.get("Value") is not None:
        repeated = [float(datum["Value"])]
    stamp = datum.get("Timestamp")
    moment = _utc(stamp) if isinstance(stamp, datetime) else world.clock.now()
    world.metrics.add(key_of(namespace, datum["MetricName"], dimensions), moment, repeated)


def _utc(stamp: datetime) -> datetime:
    """moto keeps times without a zone, and means UTC."""
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def judge(world: World) -> None:
    """Bring every alarm to the state its metric says now."""
    for alarm in list(world.backend("cloudwatch").alarms.values()):
        if alarm.metric_name and alarm.comparison_operator in _COMPARE:
            state, reason = _state_of(world, alarm)
            if state != alarm.state_value:
                alarm.update_state(reason, "{}", state)


def _state_of(world: World, alarm: Any) -> tuple[str, str]:
    """The state and the reason, from the last `evaluation_periods` periods that end now."""
    points = _points(world, alarm)
    missing = alarm.treat_missing_data or "missing"
    replaced = {"breaching": True, "notBreaching": False}
    compare = _COMPARE[alarm.comparison_operator]
    judged = [replaced.get(missing) if p is None else compare(p, float(alarm.threshold)) for p in points]
    known = [breach for breach in judged if breach is not None]
    if not known:
        return (alarm.state_value if missing == "ignore" else "INSUFFICIENT_DATA"), "no data in the period"
    needed = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    shown = ", ".join("none" if p is None else f"{p:g}" for p in points)
    reason = f"{sum(known)} of {len(points)} datapoints [{shown}] against threshold {float(alarm.threshold):g}"
    return ("ALARM" if sum(known) >= needed else "OK"), reason


def _points(world: World, alarm: Any) -> list[float | None]:
    key = key_of(alarm.namespace, alarm.metric_name, {d.name: d.value for d in alarm.dimensions})
    period, now = int(alarm.period), world.clock.now().timestamp()
    points: list[float | None] = []
    for index in range(int(alarm.evaluation_periods)):
        end = now - index * period
        values = [value for stamp, value in world.metrics.between(key, end - period, end) if stamp > end - period]
        points.append(_statistic(alarm, values) if values else None)
    return points


def _statistic(alarm: Any, values: Sequence[float]) -> float:
    if alarm.extended_statistic:
        return percentile(values, float(alarm.extended_statistic.lstrip("p")))
    return float(_STATISTICS[alarm.statistic](values))


def percentile(values: Sequence[float], share: float) -> float:
    """The `share`-th percentile by linear interpolation between the closest ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _tell(world: World, alarm: Any, before: str) -> None:
    """Actions of the new state, and the event on the default bus."""
    now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    message = {
        "AlarmName": alarm.name,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "OldStateValue": before,
        "StateChangeTime": now,
    }
    actions = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state_value]
    for arn in (actions or []) if alarm.actions_enabled else []:
        events.deliver(world, {"Arn": arn}, message)
    detail = {
        "alarmName": alarm.name,
        "state": {"value": alarm.state_value, "reason": alarm.state_reason, "timestamp": now},
        "previousState": {"value": before},
    }
    events.put(
        world, source="aws.cloudwatch", kind="CloudWatch Alarm State Change", detail=detail, about=alarm.alarm_arn
    )
