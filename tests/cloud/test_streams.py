"""Records of a stream reach a function in their shard's order; what fails comes again, and in the end is told."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.conftest import Desk, zipped

# Tells a queue of each batch; a record "fails" is reported, a record "raises" ends the call.
SOURCE = """
import base64, boto3, json
def handler(event, context):
    told = [record["kinesis"] for record in event["Records"]]
    records = [(one["sequenceNumber"], base64.b64decode(one["data"]).decode()) for one in told]
    boto3.client("sqs").send_message(QueueUrl={url!r}, MessageBody=json.dumps([text for _, text in records]))
    if any(text == "raises" for _, text in records):
        raise ValueError("raises")
    return {{"batchItemFailures": [{{"itemIdentifier": number}} for number, text in records if text == "fails"]}}
"""
MAPPED = {"StartingPosition": "TRIM_HORIZON", "FunctionResponseTypes": ["ReportBatchItemFailures"]}


@pytest.fixture
def stream(desk: Desk, request: pytest.FixtureRequest) -> str:
    """The ARN of a stream of the test's own, of one shard."""
    name = request.node.name.replace("[", "-").rstrip("]")
    kinesis = desk.cloud.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    return str(kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"])


@pytest.fixture
def heard(desk: Desk, stream: str) -> Callable[[], list[Any]]:
    """The batches that a function `function_of(stream)` was called with since it was last asked."""
    url, _ = desk.queue(f"{_name(stream)}-heard")
    desk.function(_name(stream), SOURCE.format(url=url))
    return lambda: desk.received(url)


def _name(stream: str) -> str:
    return stream.rpartition("/")[2]


def mapped(desk: Desk, stream: str, **settings: Any) -> str:
    made = desk.cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=_name(stream), **{**MAPPED, **settings}
    )
    return str(made["UUID"])


def put(desk: Desk, stream: str, *texts: str) -> None:
    records = [{"Data": text.encode(), "PartitionKey": "k"} for text in texts]
    desk.cloud.client("kinesis").put_records(StreamARN=stream, Records=records)


def texts(batches: list[list[str]]) -> list[str]:
    return [text for batch in batches for text in batch]


def test_records_come_in_their_order_and_batches(desk: Desk, stream: str, heard: Callable[[], list[Any]]) -> None:
    put(desk, stream, *map(str, range(7)))
    mapped(desk, stream, BatchSize=3)
    assert heard() == [["0", "1", "2"], ["3", "4", "5"], ["6"]]

    put(desk, stream, *map(str, range(7, 30)))
    assert texts(heard()) == [str(number) for number in range(7, 30)]


def test_latest_begins_with_what_is_put_later(desk: Desk, stream: str, heard: Callable[[], list[Any]]) -> None:
    put(desk, stream, "before")
    mapped(desk, stream, StartingPosition="LATEST")
    put(desk, stream, "after")
    assert heard() == [["after"]]


@pytest.mark.parametrize("what", ["fails", "raises"])
def test_what_failed_to_the_last_is_told_and_left_behind(
    desk: Desk, stream: str, heard: Callable[[], list[Any]], what: str
) -> None:
    url, dead = desk.queue(f"{_name(stream)}-dead")
    put(desk, stream, "a", "b", what, "c")
    told = {"OnFailure": {"Destination": dead}}
    mapped(desk, stream, BisectBatchOnFunctionError=True, MaximumRetryAttempts=2, DestinationConfig=told)

    batches = heard()

    assert batches.count([what]) == 3  # once, and two more
    assert batches[-1] == ["c"]
    assert texts(batches).count("a") == (1 if what == "fails" else 2)  # what it did not report was done
    (letter,) = desk.received(url)
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    batch = letter["KinesisBatchInfo"]
    assert (batch["startSequenceNumber"], batch["endSequenceNumber"], batch["batchSize"]) == ("3", "3", 1)
    assert batch["streamArn"] == stream


def test_a_mapping_that_is_deleted_reads_no_more(desk: Desk, stream: str, heard: Callable[[], list[Any]]) -> None:
    uuid = mapped(desk, stream)
    put(desk, stream, "a")
    assert heard() == [["a"]]
    desk.cloud.client("lambda").delete_event_source_mapping(UUID=uuid)
    put(desk, stream, "b")
    assert heard() == []


@pytest.mark.parametrize("source", ["stream", "queue"])
def test_a_mapping_that_is_changed_still_follows_its_alias(desk: Desk, source: str) -> None:
    """moto would stay at the version that the alias has now."""
    name = f"follows-{source}"
    url, _ = desk.queue(f"{name}-heard")
    text = "import boto3, json\ndef handler(e, c): boto3.client('sqs').send_message(QueueUrl={!r}, MessageBody='{}')"
    client = desk.cloud.client("lambda")
    desk.function(name, text.format(url, 1), Publish=True)
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["AliasArn"]
    asked, arn = desk.queue(name)
    if source == "stream":
        desk.cloud.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        arn = f"arn:aws:kinesis:us-east-1:{desk.cloud.account}:stream/{name}"
    uuid = client.create_event_source_mapping(EventSourceArn=arn, FunctionName=alias, **MAPPED)["UUID"]

    changed = client.update_event_source_mapping(UUID=uuid, FunctionName=alias, BatchSize=5)
    assert changed["FunctionArn"] == alias
    client.update_function_code(FunctionName=name, ZipFile=zipped({"index.py": text.format(url, 2)}), Publish=True)
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    if source == "stream":
        put(desk, arn, "a")
    else:
        desk.cloud.client("sqs").send_message(QueueUrl=asked, MessageBody=json.dumps("a"))
    assert desk.received(url) == [2]
