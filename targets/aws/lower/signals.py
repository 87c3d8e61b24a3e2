"""Signals: which metric each one is, how it is judged, and what its alarms are called."""

from dataclasses import dataclass
from typing import Literal

from mlspec.specs.models import Monitor, Spec
from mlspec.specs.units import Duration, Percent

Statistic = Literal["Maximum", "Average", "p99"]


@dataclass(frozen=True, slots=True)
class Measure:
    """The metric a unit emits for a signal, the name its alarms carry, and what silence means."""

    metric: str
    statistic: Statistic
    alarm: str
    silence: Literal["ignore", "notBreaching"]


# Drift is measured now and then, so silence keeps the state; no request at all is no failed request.
MEASURES = {
    "data_drift": Measure("data_drift", "Maximum", "data-drift", "ignore"),
    "prediction_drift": Measure("prediction_drift", "Maximum", "prediction-drift", "ignore"),
    "latency_p99": Measure("latency", "p99", "latency", "notBreaching"),
    "errors": Measure("errors", "Average", "errors", "notBreaching"),
    "rejects": Measure("rejects", "Average", "rejects", "notBreaching"),
}


def alarm_name(signal: str) -> str:
    """The resource name of a monitor's alarm."""
    return f"{MEASURES[signal].alarm}-alarm"


def canary_alarm_name(signal: str) -> str:
    """The resource name of the alarm that watches a new release during its rollout."""
    return f"canary-{MEASURES[signal].alarm}-alarm"


def monitor_limit(monitor: Monitor) -> float:
    """The number above which the monitor's alarm goes off, in the metric's unit."""
    if monitor.threshold is not None and monitor.max is None:
        return monitor.threshold
    return _number(monitor.max)


def canary_limit(spec: Spec, signal: str) -> float | None:
    """The limit of a rollout's alarm; latency has one only where a monitor or a gate says it."""
    if signal in ("errors", "rejects"):
        return _number(spec.rollout.max_error_rate)
    if signal != "latency_p99":
        return None
    said = [monitor.max for monitor in spec.monitors if monitor.signal == signal]
    said += [gate.max for gate in spec.gates if gate.metric == signal and isinstance(gate.max, Duration)]
    return _number(said[0]) if said else None


def _number(limit: Duration | Percent | None) -> float:
    match limit:
        case Duration(milliseconds):
            return float(milliseconds)
        case Percent(fraction):
            return float(fraction)
        case _:
            raise ValueError("a monitor without a limit has passed the check of the spec")
