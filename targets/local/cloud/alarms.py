"""Alarms are judged against the metric data, and a change of state does what CloudWatch would do about it."""

import math
import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from mlspec.targets.local.cloud import alarm_news
from mlspec.targets.local.cloud.metrics import Key, key_of
from mlspec.targets.local.cloud.world import World

SHIM = "Alarms are judged each second, and when the clock moves at every minute that changes one; percentiles are exact"

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
        before = alarm_news.state_of(self)
        plain_update(self, reason, reason_data, state_value)
        if before["value"] != state_value:
            alarm_news.tell(world, self, before)

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


def judge(world: World) -> bool:
    """Bring every alarm to the state its metric says now; whether one changed."""
    changed = False
    now = world.clock.now().timestamp()
    for alarm in _judged(world):
        state, reason = _state_of(world, alarm, now)
        if state != alarm.state_value:
            alarm.update_state(reason, "{}", state)
            changed = True
    return changed


def _judged(world: World) -> list[Any]:
    """The alarms on one metric; the others are not judged here."""
    alarms = list(world.backend("cloudwatch").alarms.values())
    return [alarm for alarm in alarms if alarm.metric_name and alarm.comparison_operator in _COMPARE]


def next_change(world: World, until: datetime) -> datetime | None:
    """The first minute after now, and by `until`, in which an alarm changes though nothing new is measured."""
    now, last = world.clock.now().timestamp(), until.timestamp()
    moments = (_next_change(world, alarm, now) for alarm in _judged(world))
    soonest = min((moment for moment in moments if moment is not None), default=None)
    return None if soonest is None or soonest > last else datetime.fromtimestamp(soonest, UTC)


def _next_change(world: World, alarm: Any, now: float) -> float | None:
    """Looks again only when there is something new: data, another state, or the alarm itself."""
    key = _key_of(alarm)
    seen = (world.metrics.count(key), alarm.state_value, alarm.configuration_updated_timestamp.timestamp())
    known = world.foreseen.get(alarm.name)
    if known and known[0] == seen and (known[1] is None or known[1] > now):
        return known[1]
    period, periods = int(alarm.period), int(alarm.evaluation_periods)
    grain = min(period, 60)
    stamps = {stamp for stamp, _ in world.metrics.between(key, now - period * periods, math.inf)}
    looks = {math.ceil((stamp + n * period) / grain) * grain for stamp in stamps for n in range(periods + 1)}
    later = sorted(look for look in looks if look > now)
    found = next((float(look) for look in later if _state_of(world, alarm, look)[0] != alarm.state_value), None)
    world.foreseen[alarm.name] = (seen, found)
    return found


def _state_of(world: World, alarm: Any, now: float) -> tuple[str, str]:
    """The state and the reason, from the last `evaluation_periods` periods that end now."""
    points = _points(world, alarm, now)
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


def _key_of(alarm: Any) -> Key:
    return key_of(alarm.namespace, alarm.metric_name, {d.name: d.value for d in alarm.dimensions})


def _points(world: World, alarm: Any, now: float) -> list[float | None]:
    key, period = _key_of(alarm), int(alarm.period)
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
