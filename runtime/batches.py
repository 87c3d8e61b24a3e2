"""Messages of an SQS queue or records of a Kinesis stream turned into answers, which go where the spec says.

A message that breaks the contract is answered like any other, with what is wrong with it: sending it again would change
nothing. What failed through no fault of its own is reported, and only that comes again:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html"""

import json
import os
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from mlspec.runtime.emf import write_line
from mlspec.runtime.payload import Payload

_BYTES = 256 * 1024  # of all messages of a call: no queue takes less unless its owner says so
_AT_ONCE = 10  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html


class Replied(Protocol):
    """What became of one request."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...


class Message(NamedTuple):
    """One message: `id` is how a failure of it is reported, `name` tells its result apart from others'."""

    id: str
    name: str
    body: bytes


Answer = Callable[[Payload], Replied]
Deliver = Callable[[Sequence[tuple[Message, bytes]]], set[str]]  # results in, the ids that could not be delivered out


def is_batch(event: Any) -> bool:
    """Whether Lambda has read the event from a queue or a stream."""
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and bool(records) and _service(records[0]) in ("aws:sqs", "aws:kinesis")


def _service(record: Any) -> str:
    return str(record.get("eventSource")) if isinstance(record, dict) else ""


def answer_batch(event: dict[str, Any], answer: Answer, deliver: Deliver) -> dict[str, Any]:
    """Answer every message and deliver the results; what Lambda is told: which are to come again.

    A stream is read again from its first failure on, so nothing behind that is answered."""
    records = event["Records"]
    in_order = _service(records[0]) == "aws:kinesis"
    results: list[tuple[Message, bytes]] = []
    failed: set[str] = set()
    for record in records:
        message = _message(record)
        reply = answer(Payload(message.body))
        if reply.status >= 500:
            failed.add(message.id)
            if in_order:
                break
        else:
            results.append((message, _result(message, reply)))
    failed |= deliver(results)
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in _ids(records) if id_ in failed]}


def _message(record: dict[str, Any]) -> Message:
    if _service(record) == "aws:kinesis":
        told = record["kinesis"]
        return Message(told["sequenceNumber"], record["eventID"].replace(":", "-"), b64decode(told["data"]))
    return Message(record["messageId"], record["messageId"], record["body"].encode())


def _ids(records: Sequence[dict[str, Any]]) -> Iterator[str]:
    return (_message(record).id for record in records)


def _result(message: Message, reply: Replied) -> bytes:
    name = json.dumps(message.name).encode()
    return b'{"id":%b,"status":%d,"body":%b}' % (name, reply.status, reply.body)


def delivery(source: str) -> Deliver:
    """Where the results of messages from `source` (an ARN) go: MLSPEC_EVENTS lists `{"source", "results"}`.

    `results` is the ARN of a queue, or empty for objects of the store under results/."""
    routes = {route["source"]: route["results"] for route in json.loads(os.environ.get("MLSPEC_EVENTS", "[]"))}
    arn = routes[source]
    return _to_queue(arn) if arn else _to_store(os.environ["MLSPEC_STORE"], os.environ["MLSPEC_KEY"])


def _to_queue(arn: str) -> Deliver:
    import boto3

    client = boto3.client("sqs")
    *_, account, name = arn.split(":")
    return to_queue(client, client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def to_queue(client: Any, url: str) -> Deliver:
    """Results sent to the queue at `url` by boto3's `client`; what the queue does not take is lost alone."""

    def deliver(results: Sequence[tuple[Message, bytes]]) -> set[str]:
        lost: set[str] = set()
        for part in _parts(results):
            entries = [{"Id": str(at), "MessageBody": body.decode()} for at, (_, body) in enumerate(part)]
            with _told(client, part, lost):
                answer = client.send_message_batch(QueueUrl=url, Entries=entries)
                lost |= {part[int(failure["Id"])][0].id for failure in answer.get("Failed", ())}
        return lost

    return deliver


def _parts(results: Sequence[tuple[Message, bytes]]) -> Iterator[list[tuple[Message, bytes]]]:
    """What one call may carry; a result over the limit goes alone, so that its refusal is no other's."""
    part: list[tuple[Message, bytes]] = []
    size = 0
    for message, body in results:
        if part and (len(part) == _AT_ONCE or size + len(body) > _BYTES):
            yield part
            part, size = [], 0
        part.append((message, body))
        size += len(body)
    if part:
        yield part


def _to_store(bucket: str, key: str) -> Deliver:
    import boto3

    return to_store(boto3.client("s3"), bucket, key)


def to_store(client: Any, bucket: str, key: str) -> Deliver:
    """Results put under results/ of `bucket` by boto3's `client`, encrypted with the KMS `key`."""

    def deliver(results: Sequence[tuple[Message, bytes]]) -> set[str]:
        lost: set[str] = set()
        for message, body in results:
            with _told(client, [(message, body)], lost):
                client.put_object(
                    Bucket=bucket, Key=f"results/{message.name}.json", Body=body, ContentType="application/json",
                    ServerSideEncryption="aws:kms", SSEKMSKeyId=key,
                )  # fmt: skip
        return lost

    return deliver


@contextmanager
def _told(client: Any, part: Sequence[tuple[Message, bytes]], lost: set[str]) -> Iterator[None]:
    """Where AWS refuses a part, that part is lost and the log says why; what AWS does not answer is the caller's."""
    try:
        yield
    except client.exceptions.ClientError as error:
        lost |= {message.id for message, _ in part}
        text = f"{len(part)} results could not be delivered: {error}"
        write_line(json.dumps({"mlspec": "delivery", "request": part[0][0].id, "text": text}))
