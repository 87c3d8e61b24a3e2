"""Queues and streams: what the stack makes for each, what the function may do there, and what makes no sense."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.graph import Graph
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.lower import lower
from tests.aws.specs import MINIMAL, spec

ORDERS = "arn:aws:sqs:us-east-1:123456789012:orders"
CLICKS = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


def lowered(folder: Path, serving: str) -> Graph:
    return lower(spec(folder, MINIMAL + f"serving: {serving}\n"), {})


def mappings(graph: Graph) -> list[Any]:
    return [r.properties for r in graph.resources if r.type == "aws:lambda/eventSourceMapping:EventSourceMapping"]


def test_a_named_queue_is_made_once_and_its_failures_kept(tmp_path: Path) -> None:
    graph = lowered(tmp_path, "{timeout: 10s, events: [{queue: asks, results: told}, {queue: more, results: told}]}")

    queues = {r.name: r.properties for r in graph.resources if r.name.startswith("queue-")}
    assert sorted(queues) == ["queue-asks", "queue-more", "queue-told"]
    assert ["redrivePolicy" in queues[name] for name in sorted(queues)] == [True, True, False]
    assert queues["queue-asks"]["visibilityTimeoutSeconds"] == 60
    assert [m["functionResponseTypes"] for m in mappings(graph)] == [("ReportBatchItemFailures",)] * 2


def test_what_exists_is_used_as_it_is(tmp_path: Path) -> None:
    graph = lowered(tmp_path, f'{{events: [{{queue: "{ORDERS}", batch: 100, window: 5s}}, {{stream: "{CLICKS}"}}]}}')

    queue, stream = mappings(graph)
    assert not [r for r in graph.resources if r.name.startswith("queue-")]
    assert (queue["eventSourceArn"], queue["batchSize"], queue["maximumBatchingWindowInSeconds"]) == (ORDERS, 100, 5)
    assert (stream["eventSourceArn"], stream["startingPosition"]) == (CLICKS, "LATEST")
    assert "onFailure" in stream["destinationConfig"]


def test_the_function_may_do_no_more_than_its_sources_need(tmp_path: Path) -> None:
    plain = {action for grant in lowered(tmp_path, "{}").grants if grant.principal == "inference-role"
             for action in grant.actions}  # fmt: skip
    graph = lowered(tmp_path, f'{{events: [{{queue: "{ORDERS}"}}]}}')

    granted = [grant for grant in graph.grants if grant.principal == "inference-role"]
    added = {action for grant in granted for action in grant.actions} - plain
    assert added == {
        "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "s3:PutObject", "kms:Decrypt",
        "kms:GenerateDataKey",
    }  # fmt: skip
    assert json.dumps(ORDERS) in json.dumps([grant.resources for grant in granted], default=str)


@pytest.mark.parametrize(
    "source",
    [
        "{}",
        f'{{queue: asks, stream: "{CLICKS}"}}',
        "{queue: asks, results: asks}",
        "{queue: asks, batch: 11}",
        "{queue: Asks}",
        f'{{queue: "{ORDERS}.fifo"}}',
        f'{{stream: "{ORDERS}"}}',
    ],
)
def test_sources_that_make_no_sense_are_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(SpecError):
        lowered(tmp_path, f"{{events: [{source}]}}")


@pytest.mark.parametrize(
    "serving",
    ['{snap_start: true, python: "3.11", engine: compiled}', "{target: container, snap_start: true}",
     "{target: container, events: [{queue: asks}]}"],
)  # fmt: skip
def test_what_lambda_alone_has_and_what_it_does_not_is_refused(tmp_path: Path, serving: str) -> None:
    with pytest.raises(SpecError) as refused:
        lowered(tmp_path, serving)

    assert {diagnostic.code for diagnostic in refused.value.diagnostics} <= {"ML403", "ML404"}
