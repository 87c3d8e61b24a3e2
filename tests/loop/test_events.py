"""Requests that come through queues and a stream: answered by what serves, results delivered, failures kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.targets.local.client import Cloud, start

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
SPEC = """\
apiVersion: mlspec/v1
name: parcels
owner: ops@example.com
defaults: [{profile: minimal}, _self_]
data:
  source: {uri: rows.parquet}
  columns:
    weight: {type: float, min: 0, max: 50, nullable: 10%}
    sent:   {type: datetime, parts: [hour, weekday]}
    late:   {type: bool, role: label}
training: {estimator: {_target_: sklearn.ensemble.HistGradientBoostingClassifier, max_iter: 10}}
gates: [{metric: roc_auc, min: 0.6}]
serving:
  events:
    - {queue: to-score, results: scored}
    - {queue: to-keep}
    - {stream: "$STREAM", results: scored}
"""
ROWS = 2_000
GOOD = {"records": [{"weight": 3.5, "sent": "2026-03-01T06:30:00+02:00"}]}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("events")
    path = folder / "parcels.yaml"
    path.write_text(SPEC.replace("$STREAM", STREAM))
    random = np.random.default_rng(0)
    sent = pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 4, 1), "1h", eager=True)[:ROWS]
    late = (sent.dt.hour().to_numpy() > 12) ^ (random.random(ROWS) < 0.1)
    pl.DataFrame({"weight": random.uniform(0, 50, ROWS), "sent": sent, "late": late}).write_parquet(
        folder / "rows.parquet"
    )
    try:
        yield path
    finally:
        invoke(["local", "stop", str(path)])


@pytest.mark.slow
def test_messages_are_answered_once_a_release_serves(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = start(spec.parent / ".mlspec" / "local")
    assert invoke(["apply", str(spec), "--auto-approve"]) == Exit.PARTIAL
    told = capsys.readouterr().err
    assert "cannot create events-3 (EventSourceMapping)" in told
    assert f"{STREAM} is not there" in told
    assert f"--stream-name clicks --region us-east-1 --endpoint-url {cloud.endpoint}" in told
    cloud.client("kinesis").create_stream(StreamName="clicks", ShardCount=2)
    assert invoke(["apply", str(spec), "--auto-approve"]) == Exit.DONE
    send(cloud, "queue-to-score", GOOD)
    assert received(cloud, "queue-scored") == []  # nothing serves yet: the message waits in its queue
    put(cloud, {"too": "early"})
    (letter,) = received(cloud, "dead-letters")
    assert letter["KinesisBatchInfo"]["batchSize"] == 1  # a stream goes on, and says what it left behind

    assert invoke(["run", str(spec)]) == Exit.DONE
    send(cloud, "queue-to-score", {"records": [{"weight": 99, "sent": "soon"}]})

    answers = received(cloud, "queue-scored")
    assert sorted(answer["status"] for answer in answers) == [200, 400], json.dumps(answers)
    good, bad = sorted(answers, key=lambda answer: int(answer["status"]))
    assert 0 < good["body"]["predictions"][0]["probability"] < 1
    assert [(problem["row"], problem["column"]) for problem in bad["body"]["problems"]] == [(0, "weight"), (0, "sent")]

    send(cloud, "queue-to-keep", GOOD)
    kept = objects(cloud, "results/")
    assert [answer["body"]["predictions"] for answer in kept] == [good["body"]["predictions"]]

    put(cloud, *[GOOD] * 20, {"records": [{"weight": 99, "sent": "soon"}]})
    answers = received(cloud, "queue-scored")
    assert sorted(answer["status"] for answer in answers) == [200] * 20 + [400]
    assert len({answer["id"] for answer in answers}) == 21
    assert all(answer["body"] == good["body"] for answer in answers if answer["status"] == 200)
    assert not received(cloud, "dead-letters")

    assert invoke(["destroy", str(spec), "--auto-approve"]) == Exit.DONE
    assert not cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]


def url_of(cloud: Cloud, queue: str) -> str:
    return str(cloud.client("sqs").get_queue_url(QueueName=f"parcels-dev-{queue}")["QueueUrl"])


def send(cloud: Cloud, queue: str, body: Any) -> None:
    cloud.client("sqs").send_message(QueueUrl=url_of(cloud, queue), MessageBody=json.dumps(body))
    assert cloud.settle(60)


def put(cloud: Cloud, *bodies: Any) -> None:
    records = [{"Data": json.dumps(body).encode(), "PartitionKey": str(at)} for at, body in enumerate(bodies)]
    cloud.client("kinesis").put_records(StreamName="clicks", Records=records)
    assert cloud.settle(60)


def received(cloud: Cloud, queue: str) -> list[Any]:
    sqs, url = cloud.client("sqs"), url_of(cloud, queue)
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def objects(cloud: Cloud, prefix: str) -> list[Any]:
    s3, bucket = cloud.client("s3"), f"parcels-dev-store-{cloud.account}"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return [json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()) for entry in listed]
