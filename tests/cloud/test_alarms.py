"""Metric data becomes alarm states, alarms become messages, events and executions, on a clock that moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.cloud.conftest import Desk


def _alarm(desk: Desk, name: str, **settings: object) -> None:
    given = {
        "Namespace": "alarms", "MetricName": name, "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold", **settings,
    }  # fmt: skip
    if "ExtendedStatistic" in given:
        del given["Statistic"]
    desk.cloud.client("cloudwatch").put_metric_alarm(AlarmName=name, **given)


def _put(desk: Desk, name: str, values: list[float], **settings: object) -> None:
    datum = {"MetricName": name, "Values": values, **settings}
    desk.cloud.client("cloudwatch").put_metric_data(Namespace="alarms", MetricData=[datum])


def _state(desk: Desk, name: str) -> str:
    desk.cloud.advance(seconds=0)
    return str(desk.cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("average", {}, "ALARM"),
        ("minimum", {"Statistic": "Minimum"}, "OK"),
        ("count", {"Statistic": "SampleCount", "Threshold": 99.0}, "ALARM"),
        ("p99", {"ExtendedStatistic": "p99", "Threshold": 98.0}, "ALARM"),
        ("p50", {"ExtendedStatistic": "p50", "Threshold": 98.0}, "OK"),
    ],
)
def test_statistics(desk: Desk, name: str, settings: dict[str, object], expected: str) -> None:
    _alarm(desk, name, **settings)
    _put(desk, name, [float(n) for n in range(1, 101)])
    assert _state(desk, name) == expected


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "INSUFFICIENT_DATA"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_missing_data(desk: Desk, missing: str, expected: str) -> None:
    _alarm(desk, f"missing-{missing}", TreatMissingData=missing)
    assert _state(desk, f"missing-{missing}") == expected


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "ALARM"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_data_that_gets_too_old(desk: Desk, missing: str, expected: str) -> None:
    name = f"old-{missing}"
    _alarm(desk, name, TreatMissingData=missing)
    _put(desk, name, [50.0])
    assert _state(desk, name) == "ALARM"
    desk.cloud.advance(seconds=600)
    assert _state(desk, name) == expected


def test_some_datapoints_of_many_are_enough(desk: Desk) -> None:
    _alarm(desk, "two-of-three", EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    _put(desk, "two-of-three", [50.0])
    assert _state(desk, "two-of-three") == "OK"
    desk.cloud.advance(seconds=60)
    _put(desk, "two-of-three", [50.0])
    assert _state(desk, "two-of-three") == "ALARM"


def test_an_alarm_that_is_changed_keeps_its_state(desk: Desk) -> None:
    _alarm(desk, "kept")
    _put(desk, "kept", [50.0])
    assert _state(desk, "kept") == "ALARM"
    client = desk.cloud.client("cloudwatch")
    client.set_alarm_state(AlarmName="kept", StateValue="OK", StateReason="by hand")
    _alarm(desk, "kept", Threshold=1000.0)
    assert client.describe_alarms(AlarmNames=["kept"])["MetricAlarms"][0]["StateValue"] == "OK"
    _alarm(desk, "kept", Threshold=1.0)
    assert _state(desk, "kept") == "ALARM"


def test_a_breach_between_two_schedules_is_seen_when_it_is_there(own_desk: Callable[[], Desk]) -> None:
    """A daily function measures; its alarm looks at five minutes, and is over long before the function runs again."""
    desk = own_desk()
    desk.cloud.set_clock(datetime(2013, 5, 1, 12, 0, tzinfo=UTC))
    url, arn = desk.queue("states-seen")
    source = """
import boto3
def handler(event, context):
    boto3.client("cloudwatch").put_metric_data(Namespace="alarms", MetricData=[{"MetricName": "brief", "Value": 50.0}])
"""
    events = desk.cloud.client("events")
    events.put_rule(Name="daily", ScheduleExpression="cron(0 3 * * ? *)")
    events.put_targets(Rule="daily", Targets=[{"Id": "f", "Arn": desk.function("measures", source)}])
    events.put_rule(Name="changes", EventPattern='{"source": ["aws.cloudwatch"]}')
    events.put_targets(Rule="changes", Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail.state"}])
    _alarm(desk, "brief", Period=300, TreatMissingData="notBreaching")
    desk.cloud.advance(seconds=2 * 86400)
    seen = [(state["timestamp"][:16], state["value"]) for state in desk.received(url)]
    assert seen == [
        ("2013-05-01T12:00", "OK"),
        ("2013-05-02T03:00", "ALARM"),
        ("2013-05-02T03:06", "OK"),
        ("2013-05-03T03:00", "ALARM"),
        ("2013-05-03T03:06", "OK"),
    ]


def test_actions_tell_a_topic(desk: Desk) -> None:
    url, arn = desk.queue("alerted")
    sns = desk.cloud.client("sns")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    _alarm(desk, "loud", AlarmActions=[topic], AlarmDescription="too much")
    _alarm(desk, "mute", AlarmActions=[topic], ActionsEnabled=False)
    for name in ("loud", "mute"):
        _put(desk, name, [50.0])
        assert _state(desk, name) == "ALARM"
    [message] = desk.received(url)
    assert (message["AlarmName"], message["NewStateValue"], message["OldStateValue"]) == (
        "loud", "ALARM", "INSUFFICIENT_DATA",
    )  # fmt: skip
    assert message["AlarmDescription"] == "too much"
    assert message["Trigger"]["MetricName"] == "loud"


def test_dimensions_match_exactly(desk: Desk) -> None:
    model = {"Name": "model", "Value": "m"}
    _alarm(desk, "exact", Dimensions=[model])
    _put(desk, "exact", [50.0], Dimensions=[model, {"Name": "version", "Value": "1"}])
    _put(desk, "exact", [50.0])
    assert _state(desk, "exact") == "INSUFFICIENT_DATA"
    _put(desk, "exact", [50.0], Dimensions=[model])
    assert _state(desk, "exact") == "ALARM"


def test_a_value_counts_at_its_own_time(desk: Desk) -> None:
    _alarm(desk, "old")
    _put(desk, "old", [50.0], Timestamp=desk.cloud.now() - timedelta(hours=1))
    assert _state(desk, "old") == "INSUFFICIENT_DATA"


def test_an_alarm_starts_a_workflow(desk: Desk) -> None:
    url, arn = desk.queue("alarm-events")
    machine = desk.machine("on-alarm", {"Done": {"Type": "Pass", "End": True}}, "Done")
    events = desk.cloud.client("events")
    pattern = '{"source": ["aws.cloudwatch"], "detail": {"alarmName": ["drift"], "state": {"value": ["ALARM"]}}}'
    events.put_rule(Name="on-alarm", EventPattern=pattern)
    targets = [{"Id": "q", "Arn": arn}, {"Id": "w", "Arn": machine, "RoleArn": desk.role}]
    events.put_targets(Rule="on-alarm", Targets=targets)
    _alarm(desk, "drift")
    _put(desk, "drift", [50.0])
    assert _state(desk, "drift") == "ALARM"
    [event] = desk.received(url)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    [metric] = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "alarms", "name": "drift", "dimensions": {}}, "period": 60, "stat": "Average",
    }  # fmt: skip
    assert "50" in event["detail"]["state"]["reason"]
    [execution] = desk.cloud.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert execution["status"] == "SUCCEEDED"


def test_waits_end_when_the_clock_moves(desk: Desk) -> None:
    states = {"Sleep": {"Type": "Wait", "Seconds": 86400, "End": True}}
    client = desk.cloud.client("stepfunctions")
    started = client.start_execution(stateMachineArn=desk.machine("sleeper", states, "Sleep"), name="one")
    assert desk.cloud.settle(30)
    assert [wait["execution"] for wait in desk.cloud.waiting()["waits"]] == [started["executionArn"]]
    before = desk.cloud.now()
    desk.cloud.advance(seconds=86500)
    described = desk.execution(started["executionArn"])
    assert described["status"] == "SUCCEEDED"
    assert before + timedelta(seconds=86399) <= described["stopDate"] <= before + timedelta(seconds=86600)


def test_schedules_fire_once_for_each_due_time(desk: Desk) -> None:
    url, arn = desk.queue("scheduled")
    events = desk.cloud.client("events")
    events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule="hourly", Targets=[{"Id": "q", "Arn": arn}])
    desk.cloud.advance(seconds=3 * 3600 + 60)
    events.remove_targets(Rule="hourly", Ids=["q"])
    events.delete_rule(Name="hourly")
    assert len(desk.received(url)) == 3
