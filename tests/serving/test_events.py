"""Every event that Lambda sends is answered in its own form; of queues and streams, what failed is reported."""

import base64
import gzip
import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError

from mlspec.runtime.batches import Message, answer_batch, is_batch, to_queue, to_store
from mlspec.runtime.lambda_events import http_reply
from mlspec.runtime.payload import Payload, Refusal
from mlspec.runtime.reply_room import MOST, MOST_BALANCED, check_reply
from mlspec.runtime.serving import Service

JSON = {"content-type": "application/json"}
REST = {"httpMethod": "POST", "path": "/", "headers": {"Content-Type": "application/json"}, "requestContext": {}}
ELB = {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/x/1"}}
URL = {"version": "2.0", "rawPath": "/", "headers": JSON, "requestContext": {"http": {"method": "POST"}}}


@pytest.fixture(scope="module")
def shared(unit: Any) -> Service:
    made: Service = unit.service()
    return made


@pytest.fixture
def body(good_row: dict[str, Any]) -> str:
    return json.dumps({"records": [good_row]})


@pytest.mark.parametrize(
    "event",
    [
        URL,
        {**URL, "rawPath": "/invocations"},
        REST,
        {**REST, "headers": None, "multiValueHeaders": {"Content-Type": ["application/json"]}},
        {**REST, "requestContext": ELB},
        {**REST, "requestContext": ELB, "headers": None, "multiValueHeaders": {"content-type": ["application/json"]}},
    ],
)
@pytest.mark.parametrize("encoded", [False, True])
def test_every_kind_of_http_event_is_answered(shared: Service, body: str, event: dict[str, Any], encoded: bool) -> None:
    text = base64.b64encode(body.encode()).decode() if encoded else body

    reply = shared({**event, "body": text, "isBase64Encoded": encoded}, None)

    assert reply["statusCode"] == 200
    assert len(json.loads(reply["body"])["predictions"]) == 1
    if event["requestContext"] is ELB:
        assert (reply["statusDescription"], reply["isBase64Encoded"]) == ("200 OK", False)
        assert ("multiValueHeaders" in reply) == ("multiValueHeaders" in event)
        assert ("headers" in reply) != ("multiValueHeaders" in reply)


@pytest.mark.parametrize("event", [URL, {**REST, "requestContext": ELB}])
def test_tensors_come_and_go_as_base64(shared: Service, event: dict[str, Any]) -> None:
    values = struct.pack("<7f", 7, 1, 1, 3.5, 0, 1, 2)
    size = {"binary_data_size": len(values)}
    tensor = {"name": "X", "datatype": "FP32", "shape": [1, 7], "parameters": size}
    said = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": str(len(said))}
    path = {"rawPath": "/v2/models/rides/infer", "path": "/v2/models/rides/infer"}
    body = base64.b64encode(said + values).decode()

    reply = shared({**event, **path, "headers": headers, "body": body, "isBase64Encoded": True}, None)

    assert (reply["statusCode"], reply["isBase64Encoded"]) == (200, True)
    assert reply["headers"]["content-type"] == "application/octet-stream"
    answer, length = base64.b64decode(reply["body"]), int(reply["headers"]["inference-header-content-length"])
    first, *_ = json.loads(answer[:length])["outputs"]
    assert (first["datatype"], first["shape"], first["parameters"]) == ("FP32", [1], {"binary_data_size": 4})
    in_json = shared({**event, **path, "body": json.dumps(_as_json(values))}, None)["body"]
    assert list(struct.unpack_from("<f", answer, length)) == json.loads(in_json)["outputs"][0]["data"]


def _as_json(values: bytes) -> dict[str, Any]:
    data = struct.unpack("<7f", values)
    return {"inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 7], "data": data}]}


def test_a_load_balancer_is_told_of_refusals_in_words(shared: Service) -> None:
    reply = shared({**REST, "requestContext": ELB, "body": "{}", "isBase64Encoded": False}, None)

    assert (reply["statusCode"], reply["statusDescription"]) == (400, "400 Bad Request")


@pytest.mark.parametrize(
    "event",
    [
        {**URL, "headers": {"content-type": "text/csv"}, "rawQueryString": "partial=true"},
        {**REST, "headers": {"CONTENT-TYPE": "text/csv"}, "queryStringParameters": {"partial": "true"}},
        {
            **{key: value for key, value in REST.items() if key != "headers"},
            "requestContext": ELB,
            "multiValueHeaders": {"content-type": ["text/csv"]},
            "multiValueQueryStringParameters": {"partial": ["true"]},
        },
    ],
)
def test_csv_and_its_switches_come_through_the_query(
    shared: Service, good_row: dict[str, Any], event: dict[str, Any]
) -> None:
    values = ["" if value is None else str(value) for value in good_row.values()]
    text = "\n".join([",".join(good_row), ",".join(values), ",".join(["99", *values[1:]])])

    reply = shared({**event, "body": text}, None)

    assert reply["statusCode"] == 200
    assert [prediction is None for prediction in json.loads(reply["body"])["predictions"]] == [False, True]


@pytest.mark.parametrize(
    "query",
    [
        {"rawQueryString": "partial=yes"},
        {"rawQueryString": "partial=true&partial=false"},
        {"rawQueryString": "partial"},
        {
            "queryStringParameters": {"partial": "false"},
            "multiValueQueryStringParameters": {"partial": ["true", "false"]},
        },
        {"queryStringParameters": {"explain": "1"}},
        {"multiValueQueryStringParameters": {"partial": ["true", "true"]}},
    ],
)
def test_a_switch_that_says_neither_is_refused(shared: Service, body: str, query: dict[str, Any]) -> None:
    reply = shared({**URL, **query, "body": body}, None)

    assert reply["statusCode"] == 400
    assert json.loads(reply["body"])["reason"] == "partial and explain are true or false, once"


def test_tensors_come_by_their_path_or_their_key(shared: Service) -> None:
    matrix = {"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [7, 1, 1, 3.5, None, 1, 2]}
    request = {"inputs": [matrix], "id": "a"}

    through_url = shared({**URL, "rawPath": "/v2/models/rides/infer", "body": json.dumps(request)}, None)
    direct = shared(request, None)

    assert json.loads(through_url["body"]) == direct
    assert (direct["id"], direct["outputs"][0]["name"], direct["outputs"][0]["shape"]) == ("a", "probability", [1])


@pytest.mark.parametrize("path", ["/prod/v2/models/rides/infer", "/ml/v2/models/rides/infer", "/v2/models/rides/infer"])
@pytest.mark.parametrize("kind", ["application/octet-stream", "Application/Octet-Stream; x=y", ""])
def test_tensors_are_known_behind_a_stage_and_by_the_length_of_the_json(shared: Service, path: str, kind: str) -> None:
    values = struct.pack("<7f", 7, 1, 1, 3.5, 0, 1, 2)
    tensor = {"name": "X", "shape": [1, 7], "datatype": "FP32", "parameters": {"binary_data_size": len(values)}}
    said = json.dumps({"inputs": [tensor]}).encode()
    headers = {"content-type": kind, "Inference-Header-Content-Length": str(len(said))}
    text = base64.b64encode(said + values).decode()

    reply = shared({**URL, "rawPath": path, "headers": headers, "body": text, "isBase64Encoded": True}, None)

    assert (reply["statusCode"], json.loads(reply["body"])["model_name"]) == (200, "rides")


@pytest.mark.parametrize("length", ["", "0", "-1", "7.5", "\u0667", "9" * 5000])
def test_a_length_that_is_none_is_refused(shared: Service, length: str) -> None:
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": length}
    event = {**URL, "rawPath": "/v2/models/rides/infer", "headers": headers, "body": "{}"}
    assert shared(event, None)["statusCode"] == 400


def test_a_body_of_another_kind_is_refused(shared: Service) -> None:
    assert shared({**URL, "headers": {"content-type": "text/plain"}, "body": "x"}, None)["statusCode"] == 415


def test_a_compressed_body_is_told_to_come_as_it_is(shared: Service, body: str) -> None:
    packed = base64.b64encode(gzip.compress(body.encode())).decode()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    reply = shared({**REST, "headers": headers, "body": packed, "isBase64Encoded": True}, None)

    assert reply["statusCode"] == 415
    assert "without content-encoding" in json.loads(reply["body"])["reason"]


@pytest.mark.parametrize(
    "event",
    [
        {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/"},
        {
            "requestContext": {"http": {"method": "GET", "path": "/prod/v2/health/ready"}},
            "rawPath": "/prod/v2/health/ready",
        },
        {"requestContext": {}, "httpMethod": "HEAD", "path": "/ping", "body": None},
        {"requestContext": ELB, "httpMethod": "GET", "path": "/", "body": "", "isBase64Encoded": False},
    ],
)
def test_who_only_looks_is_told_whether_a_release_serves(
    unit: Any, event: dict[str, Any], lines_of: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    """A load balancer's health check is nobody's request: it is no reject that an alarm would count."""
    service, empty = unit.service(), Service(unit.contract, tmp_path / "none", {})
    lines_of()

    assert (service(event, None)["statusCode"], empty(event, None)["statusCode"]) == (200, 503)
    for one in (service, empty):
        one.telemetry.flush()
    assert lines_of() == []


def test_other_paths_have_nothing_to_look_at(shared: Service) -> None:
    assert shared({"requestContext": {"http": {"method": "GET"}}, "rawPath": "/docs"}, None)["statusCode"] == 400
    assert shared({**URL, "body": ""}, None)["statusCode"] == 400


def test_an_answer_that_cannot_be_sent_is_refused_in_words(shared: Service, good_row: dict[str, Any]) -> None:
    text = json.dumps({"columns": {name: [value] * 20_000 for name, value in good_row.items()}})

    through_url = shared({**URL, "body": text}, None)
    balanced = shared({**REST, "requestContext": ELB, "body": text}, None)

    assert len(json.loads(through_url["body"])["predictions"]) == 20_000
    assert (balanced["statusCode"], balanced["statusDescription"]) == (413, "413 Content Too Large")
    assert "ask for fewer rows" in json.loads(balanced["body"])["reason"]


@pytest.mark.parametrize(
    ("event", "most"), [(URL, MOST), ({"records": []}, MOST), ({**REST, "requestContext": ELB}, MOST_BALANCED)]
)
def test_an_answer_is_measured_as_it_is_sent(event: dict[str, Any], most: int) -> None:
    """Within a response an answer is a text, in which each of its quotation marks has two bytes."""

    def answer(size: int) -> bytes:
        return b'["%b"]' % (b"a" * size)

    empty = http_reply(event, 200, answer(0)) if "requestContext" in event else [""]
    room = most - len(json.dumps(empty))

    check_reply(event, answer(room))
    with pytest.raises(Refusal):
        check_reply(event, answer(room + 1))


class Reply:
    """What became of a request."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.body = b"{}"


def sqs(*bodies: str) -> dict[str, Any]:
    records = [{"messageId": f"m{at}", "body": body, "eventSource": "aws:sqs"} for at, body in enumerate(bodies)]
    return {"Records": records}


def kinesis(*bodies: str) -> dict[str, Any]:
    def record(at: int, body: str) -> dict[str, Any]:
        data = base64.b64encode(body.encode()).decode()
        return {
            "eventSource": "aws:kinesis",
            "eventID": f"shardId-000:{at}",
            "kinesis": {"sequenceNumber": str(at), "data": data},
        }

    return {"Records": [record(at, body) for at, body in enumerate(bodies)]}


def answered(event: dict[str, Any], *, lost: Sequence[str] = ()) -> tuple[list[str], list[Any], list[str]]:
    """Which are reported as failed, the results delivered, and the bodies that were answered; a body is its status."""
    seen: list[str] = []
    delivered: list[Any] = []

    def answer(payload: Payload) -> Reply:
        seen.append(payload.body.decode())
        return Reply(int(payload.body))

    def deliver(results: Sequence[tuple[Message, bytes]]) -> set[str]:
        delivered.extend(json.loads(result) for message, result in results if message.id not in lost)
        return {message.id for message, _ in results if message.id in lost}

    told = answer_batch(event, answer, deliver)
    return [failure["itemIdentifier"] for failure in told["batchItemFailures"]], delivered, seen


def test_of_a_queue_only_what_failed_comes_again() -> None:
    failed, delivered, seen = answered(sqs("200", "503", "400", "500", "200"), lost=["m4"])

    assert failed == ["m1", "m3", "m4"]
    assert [(result["id"], result["status"]) for result in delivered] == [("m0", 200), ("m2", 400)]
    assert len(seen) == 5


def test_a_stream_comes_again_from_its_first_failure() -> None:
    failed, delivered, seen = answered(kinesis("200", "400", "500", "200"))

    assert failed == ["2"]
    assert [(result["id"], result["status"]) for result in delivered] == [
        ("shardId-000-0", 200),
        ("shardId-000-1", 400),
    ]
    assert seen == ["200", "400", "500"]


class Queue:
    """Takes what SQS takes: ten messages and 256 KiB in a call."""

    exceptions = botocore.exceptions

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: Sequence[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        size = sum(len(entry["MessageBody"]) for entry in Entries)
        if len(Entries) > 10 or size > 256 * 1024:
            raise ClientError({"Error": {"Code": "BatchRequestTooLong", "Message": f"{size}"}}, "SendMessageBatch")
        self.taken += [entry["MessageBody"] for entry in Entries]
        return {"Failed": []}


def test_results_go_to_a_queue_in_calls_that_it_takes(capfd: pytest.CaptureFixture[str]) -> None:
    queue = Queue()
    sizes = [100_000, 100_000, 100_000, 300_000, *[10] * 12]
    results = [(Message(f"m{at}", f"m{at}", b""), b"x" * size) for at, size in enumerate(sizes)]

    assert to_queue(queue, "https://queue")(results) == {"m3"}
    assert [len(text) for text in queue.taken] == [size for size in sizes if size != 300_000]
    told = json.loads(capfd.readouterr().out)
    assert (told["mlspec"], told["request"]) == ("delivery", "m3")
    assert "BatchRequestTooLong" in told["text"]


def test_a_result_that_the_store_refuses_is_lost_alone(capfd: pytest.CaptureFixture[str]) -> None:
    class Store:
        exceptions = botocore.exceptions

        def put_object(self, **told: Any) -> None:
            if told["Key"] == "results/m1.json":
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    results = [(Message(f"m{at}", f"m{at}", b""), b"{}") for at in range(3)]
    assert to_store(Store(), "bucket", "key")(results) == {"m1"}
    assert "AccessDenied" in json.loads(capfd.readouterr().out)["text"]


@pytest.mark.parametrize(
    "event", [None, [], {}, {"Records": []}, {"Records": 3}, {"Records": [3]}, {"Records": [{"eventSource": "aws:s3"}]}]
)
def test_other_events_are_no_batch(shared: Service, event: Any) -> None:
    assert not is_batch(event)
    assert shared(event, None)["error"] == "contract"
