"""EventBridge: what a rule's targets are sent, what becomes of it when they fail, and when schedules fire."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlspec.targets.local.cloud.schedules import next_after
from tests.cloud.conftest import Desk

DETAIL = {"name": "drift", "quote": 'say "no"\n', "n": 3, "list": [{"x": 7}], "deep": {"on": True}}


def send(desk: Desk, source: str, detail: dict[str, Any] | None = None) -> None:
    entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail or DETAIL)}
    desk.cloud.client("events").put_events(Entries=[entry])


def rule(desk: Desk, name: str, target: dict[str, Any], **settings: Any) -> str:
    """A rule for events whose source is the rule's own name."""
    events = desk.cloud.client("events")
    if "ScheduleExpression" not in settings:
        settings["EventPattern"] = json.dumps({"source": [name]})
    arn = str(events.put_rule(Name=name, **settings)["RuleArn"])
    events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])
    return arn


def transformed(paths: dict[str, str], template: str) -> dict[str, Any]:
    return {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("constant", {"Input": '{"trigger": "schedule"}'}, {"trigger": "schedule"}),
        ("part", {"InputPath": "$.detail.deep"}, {"on": True}),
        ("element", {"InputPath": "$.detail.list[0].x"}, 7),
        ("template", transformed({"a": "$.detail.name", "b": "$.detail.n"}, '{"a": <a>, "b": <b>}'),
         {"a": "drift", "b": 3}),
        ("nested", transformed({"a": "$.detail.deep"}, '{"in": {"deep": <a>}}'), {"in": {"deep": {"on": True}}}),
        ("inside", transformed({"a": "$.detail.name", "n": "$.detail.n"}, '"<a> is <n>"'), "drift is 3"),
        ("quotes", transformed({"q": "$.detail.quote"}, '{"said": "they <q>", "q": <q>}'),
         {"said": 'they say "no"\n', "q": 'say "no"\n'}),
        ("object-inside", transformed({"o": "$.detail.deep"}, '"got <o>"'), 'got {"on": true}'),
        ("missing", transformed({"a": "$.detail.nothing"}, '{"a": "<a>"}'), {"a": ""}),
        ("reserved", transformed({}, '{"rule": "<aws.events.rule-name>"}'), {"rule": "reserved"}),
    ],
)  # fmt: skip
def test_what_a_target_is_sent(desk: Desk, name: str, target: dict[str, Any], expected: object) -> None:
    url, arn = desk.queue(f"sent-{name}")
    rule(desk, name, {"Arn": arn, **target})
    send(desk, name)
    assert desk.received(url) == [expected]


def test_a_target_is_sent_the_whole_event(desk: Desk) -> None:
    url, arn = desk.queue("sent-whole")
    rule(desk, "whole", {"Arn": arn})
    send(desk, "whole")
    [event] = desk.received(url)
    assert event["detail"] == DETAIL
    assert (event["source"], event["detail-type"], event["account"]) == ("whole", "test", desk.cloud.account)
    assert abs(datetime.fromisoformat(event["time"]) - desk.cloud.now()) < timedelta(minutes=1)


def test_rules_that_are_disabled_or_on_a_schedule_get_no_event(desk: Desk) -> None:
    url, arn = desk.queue("nobody")
    rule(desk, "disabled", {"Arn": arn}, State="DISABLED")
    rule(desk, "scheduled", {"Arn": arn}, ScheduleExpression="rate(7 days)")
    send(desk, "disabled")
    send(desk, "scheduled")
    assert desk.received(url) == []
    desk.cloud.client("events").enable_rule(Name="disabled")
    send(desk, "disabled")
    assert len(desk.received(url)) == 1


def test_what_cannot_be_delivered_is_kept(desk: Desk) -> None:
    url, dead = desk.queue("dead-letters")
    calls_url, _ = desk.queue("calls")
    source = f"""
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl={calls_url!r}, MessageBody="1")
    raise RuntimeError("never well")
"""
    function = desk.function("never-well", source)
    rule(desk, "failing", {"Arn": function, "Input": '{"a": 1}', "DeadLetterConfig": {"Arn": dead}})
    send(desk, "failing")
    assert desk.cloud.settle(60)
    answer = desk.cloud.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    [message] = answer["Messages"]
    assert json.loads(message["Body"]) == {"a": 1}
    assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"] == function
    assert "never well" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert len(desk.received(calls_url)) == 3


def test_schedules_fire_at_their_times_and_in_order(own_desk: Callable[[], Desk]) -> None:
    desk = own_desk()
    desk.cloud.set_clock(datetime(2013, 5, 31, 20, 0, tzinfo=UTC))
    url, _ = desk.queue("firings")
    source = f"""
import boto3, json, time
def handler(event, context):
    body = json.dumps({{"rule": event["resources"][0].split("/")[-1], "time": event["time"], "seen": time.time()}})
    boto3.client("sqs").send_message(QueueUrl={url!r}, MessageBody=body)
"""
    function = desk.function("fired", source)
    rule(desk, "six-hourly", {"Arn": function}, ScheduleExpression="cron(30 0/6 * * ? *)")
    rule(desk, "monthly", {"Arn": function}, ScheduleExpression="cron(0 6 1 * ? *)")
    rule(desk, "off", {"Arn": function}, ScheduleExpression="cron(0 * * * ? *)", State="DISABLED")
    desk.cloud.advance(to=datetime(2013, 6, 1, 13, 0, tzinfo=UTC))
    fired = desk.received(url)
    assert [(f["rule"], f["time"]) for f in fired] == [
        ("six-hourly", "2013-06-01T00:30:00Z"),
        ("monthly", "2013-06-01T06:00:00Z"),
        ("six-hourly", "2013-06-01T06:30:00Z"),
        ("six-hourly", "2013-06-01T12:30:00Z"),
    ]
    assert all(0 <= f["seen"] - datetime.fromisoformat(f["time"]).timestamp() < 60 for f in fired)


@pytest.mark.parametrize(
    ("expression", "moment", "expected"),
    [
        ("rate(1 day)", "2013-05-31T10:00", "2013-06-01T10:00"),
        ("rate(5 minutes)", "2013-05-31T23:58", "2013-06-01T00:03"),
        ("cron(0 12 * * ? *)", "2013-05-31T12:00", "2013-06-01T12:00"),
        ("cron(15,45 8-10 ? * MON-FRI *)", "2013-05-31T10:45", "2013-06-03T08:15"),
        ("cron(0 0 29 FEB ? *)", "2013-05-31T12:00", "2016-02-29T00:00"),
        ("cron(0/20 * * * ? *)", "2013-05-31T12:01", "2013-05-31T12:20"),
        ("cron(0 0 1 1 ? 2020)", "2013-05-31T12:00", "9999-01-01T00:00"),
    ],
)
def test_when_a_schedule_fires_next(expression: str, moment: str, expected: str) -> None:
    found = next_after(expression, datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert found.isoformat()[:16] == expected
