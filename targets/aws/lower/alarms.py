"""One metric alarm: a signal's metric, a limit, and how long it is watched."""

from dataclasses import dataclass

from mlspec.compiler.graph import Ref, Resource, Value
from mlspec.targets.aws.lower.context import NAMESPACE, Context
from mlspec.targets.aws.lower.signals import MEASURES
from mlspec.targets.aws.types import ALARM


@dataclass(frozen=True, slots=True)
class Watch:
    """`periods` of `period` seconds each are looked at; one of them above the limit is enough."""

    signal: str
    limit: float
    period: int
    periods: int = 1


def alarm_properties(context: Context, watch: Watch) -> dict[str, Value]:
    """The alarm as CloudWatch takes it, on the dimensions of the whole model, telling the topic."""
    measure = MEASURES[watch.signal]
    percentile = measure.statistic == "p99"
    return {
        "namespace": NAMESPACE,
        "metricName": measure.metric,
        "dimensions": {"model": context.spec.name, "environment": context.spec.environment},
        "extendedStatistic" if percentile else "statistic": measure.statistic,
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": watch.limit,
        "period": watch.period,
        "evaluationPeriods": watch.periods,
        "datapointsToAlarm": 1,
        "treatMissingData": measure.silence,
        "alarmActions": (Ref("alerts", "arn"),),
    }


def monitor_alarm(context: Context, name: str, watch: Watch, *, path: str) -> Resource:
    """The alarm of one monitor."""
    described = f"{context.spec.stack}: {watch.signal} above {watch.limit:g}"
    return context.resource(
        ALARM,
        name,
        {**alarm_properties(context, watch), "alarmDescription": described},
        path=path,
        reviewer="ml",
        why=f"Goes off when {watch.signal} is above {watch.limit:g}.",
    )
