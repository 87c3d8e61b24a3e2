"""The dashboard: traffic, failures, latency, drift beside its thresholds, and the workflow."""

from collections.abc import Mapping

from mlspec.compiler.graph import REGION, Json, Ref, Value
from mlspec.targets.aws.lower.context import NAMESPACE, Context, Lowered
from mlspec.targets.aws.lower.monitors import drift_rhythm
from mlspec.targets.aws.lower.signals import MEASURES, alarm_name, monitor_limit
from mlspec.targets.aws.types import DASHBOARD

_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 2


def lower_dashboard(context: Context) -> Lowered:
    """One page, two graphs a row."""
    widgets = (*_service(context), *_drift(context), *_workflow(), *_alarms(context))
    body = Json({"widgets": tuple(_placed(widget, number) for number, widget in enumerate(widgets))})
    board = context.resource(
        DASHBOARD,
        "dashboard",
        {"dashboardBody": body},
        path="monitors",
        reviewer="operations",
        why="How the model does, on one page.",
    )
    return Lowered((board,))


def _placed(widget: Mapping[str, Value], number: int) -> Value:
    row, column = divmod(number, _COLUMNS)
    return {**widget, "x": column * _WIDTH, "y": row * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}


def _service(context: Context) -> tuple[Mapping[str, Value], ...]:
    dimensions = _dimensions(context)
    rates = tuple((NAMESPACE, name, *dimensions) for name in ("errors", "rejects"))
    traffic = tuple((NAMESPACE, name, *dimensions) for name in ("requests", "rows"))
    latency = tuple((NAMESPACE, "latency", *dimensions, {"stat": stat}) for stat in ("p50", "p99"))
    return (
        _graph("Traffic", traffic, stat="Sum", period=300),
        _graph("Errors and rejects, share of requests", rates, stat="Average", period=300),
        _graph("Latency, ms", latency, stat="p99", period=300, limits=_limits(context, "latency_p99")),
    )


def _drift(context: Context) -> tuple[Mapping[str, Value], ...]:
    return tuple(
        _graph(
            monitor.signal.replace("_", " ").capitalize(),
            ((NAMESPACE, MEASURES[monitor.signal].metric, *_dimensions(context)),),
            stat="Maximum",
            period=drift_rhythm(context),
            limits=_limits(context, monitor.signal),
        )
        for monitor in context.drift_monitors
    )


def _workflow() -> tuple[Mapping[str, Value], ...]:
    names = ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
    metrics = tuple(("AWS/States", name, "StateMachineArn", Ref("workflow", "arn")) for name in names)
    return (_graph("Retrainings", metrics, stat="Sum", period=86_400),)


def _alarms(context: Context) -> tuple[Mapping[str, Value], ...]:
    alarms = tuple(Ref(alarm_name(monitor.signal), "arn") for monitor in context.spec.monitors)
    return ({"type": "alarm", "properties": {"title": "Alarms", "alarms": alarms}},) if alarms else ()


def _graph(
    title: str, metrics: tuple[Value, ...], *, stat: str, period: int, limits: tuple[Value, ...] = ()
) -> Mapping[str, Value]:
    properties: dict[str, Value] = {
        "title": title,
        "metrics": metrics,
        "stat": stat,
        "period": period,
        "region": REGION,
        "view": "timeSeries",
    }
    if limits:
        properties["annotations"] = {"horizontal": limits}
    return {"type": "metric", "properties": properties}


def _limits(context: Context, signal: str) -> tuple[Value, ...]:
    monitors = (monitor for monitor in context.spec.monitors if monitor.signal == signal)
    return tuple({"label": "alarm", "value": monitor_limit(monitor)} for monitor in monitors)


def _dimensions(context: Context) -> tuple[Value, ...]:
    return ("model", context.spec.name, "environment", context.spec.environment)
