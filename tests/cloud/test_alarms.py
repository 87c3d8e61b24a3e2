"""Metric data becomes alarm states, alarms become messages, events and executions, on a clock that moves."""

from datetime import timedelta

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
