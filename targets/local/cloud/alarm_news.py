"""What CloudWatch tells the world when an alarm changes its state: the alarm's actions, and an event."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mlspec.targets.local.cloud import events
from mlspec.targets.local.cloud.world import World


def tell(world: World, alarm: Any, before: Mapping[str, Any]) -> None:
    """Actions of the new state, and the event on the default bus."""
    if alarm.actions_enabled:
        for arn in _actions(alarm):
            events.deliver(world, {"Arn": arn}, _message(world, alarm, before))
    detail = {
        "alarmName": alarm.name,
        "configuration": _configuration(alarm),
        "previousState": dict(before),
        "state": state_of(alarm),
    }
    kind = "CloudWatch Alarm State Change"
    events.put(world, source="aws.cloudwatch", kind=kind, detail=detail, about=alarm.alarm_arn)


def state_of(alarm: Any) -> dict[str, Any]:
    """The state of an alarm as its events tell it."""
    return {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "reasonData": alarm.state_reason_data,
        "timestamp": _stamp(alarm.state_updated_timestamp),
    }


def _actions(alarm: Any) -> list[str]:
    by_state = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }
    return list(by_state[alarm.state_value] or [])


def _stamp(moment: datetime) -> str:
    """As CloudWatch writes times: milliseconds, and the zone without a colon."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # moto keeps some without a zone
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _configuration(alarm: Any) -> dict[str, Any]:
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    measured = {"metric": metric, "period": alarm.period, "stat": alarm.extended_statistic or alarm.statistic}
    described = {"description": alarm.description} if alarm.description else {}
    return {"metrics": [{"id": "m1", "metricStat": measured, "returnData": True}], **described}


def _message(world: World, alarm: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """What an action is sent."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AlarmArn": alarm.alarm_arn,
        "AWSAccountId": world.account,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "OldStateValue": before["value"],
        "StateChangeTime": _stamp(alarm.state_updated_timestamp),
        "Trigger": {
            "Namespace": alarm.namespace,
            "MetricName": alarm.metric_name,
            "Dimensions": [{"name": d.name, "value": d.value} for d in alarm.dimensions],
            "Statistic": alarm.extended_statistic or alarm.statistic,
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data or "missing",
        },
    }
