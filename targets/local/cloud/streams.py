"""Streams that a function reads: shard by shard, in order, in batches, from the mapping's position on.

What it reports as failed, and all behind it, is sent again; a batch that fails as a whole is halved where the mapping
says so; what failed to the last is told to the mapping's destination:
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html"""

import json
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "Records of Kinesis reach a function when they are put, in their order; windows and ages of mappings are ignored"

_FOREVER = 100  # tries of a mapping without MaximumRetryAttempts; AWS tries until the record expires


@dataclass
class Reader:
    """One mapping of a stream; `places` are the shards' sequence numbers up to which it has read."""

    world: World
    mapping: Any
    stream: Any
    places: dict[str, int] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _reading: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def wake(self, shard_id: str) -> None:
        """Read the shard's new records in the background."""
        with self.world.lock:
            if shard_id in self._asked:
                return
            self._asked.add(shard_id)
            lock = self._reading[shard_id]
        self.world.activity.background("streams", lambda: self._read(shard_id, lock))

    def _read(self, shard_id: str, lock: threading.Lock) -> None:
        with lock:
            self._asked.discard(shard_id)  # what is put from now on wakes again
            shard = self.stream.shards[shard_id]
            while self.mapping.enabled and (records := self._next(shard)):
                self._deliver(shard_id, records, tries=0)
                self.places[shard_id] = records[-1].sequence_number

    def _next(self, shard: Any) -> list[Any]:
        records, _, _ = shard.get_records(str(self.places.get(shard.shard_id, 0)), self.mapping.batch_size)
        return list(records)

    def _deliver(self, shard_id: str, records: Sequence[Any], *, tries: int) -> None:
        """Until each was answered or given up; splitting a batch is no try."""
        most = self.mapping.max_retry_attempts
        while records:
            done = self._answered(shard_id, records)
            records = records[done:]
            if len(records) > 1 and not done and self.mapping.bisect_on_error:
                self._deliver(shard_id, records[: len(records) // 2], tries=tries)
                self._deliver(shard_id, records[len(records) // 2 :], tries=tries)
                return
            tries = 0 if done else tries + 1
            if records and tries > (_FOREVER if most in (None, -1) else most):
                self._give_up(shard_id, records, tries)
                return

    def _answered(self, shard_id: str, records: Sequence[Any]) -> int:
        """How many of the first the function has answered."""
        told: dict[str, Any] = {}
        body = json.dumps({"Records": [self._event(shard_id, record) for record in records]})
        backend, target = self.world.backend("lambda"), self.mapping.function_arn
        payload = backend.invoke(function_name=target, qualifier=None, body=body, headers={}, response_headers=told)
        if "x-amz-function-error" in told:
            return 0
        failed = failures(payload)
        return next((at for at, record in enumerate(records) if str(record.sequence_number) in failed), len(records))

    def _event(self, shard_id: str, record: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""
        told = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": str(record.sequence_number),
            "data": record.data,
            "approximateArrivalTimestamp": record.created_at,
        }
        return {
            "kinesis": told,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{record.sequence_number}",
            "eventName": "aws:kinesis:record",
            "awsRegion": self.mapping.region,
            "eventSourceARN": self.stream.arn,
        }

    def _give_up(self, shard_id: str, records: Sequence[Any], tries: int) -> None:
        """Tell the destination which records they were; they themselves stay in the stream."""
        arn = ((self.mapping.destination_config or {}).get("OnFailure") or {}).get("Destination", "")
        if not arn.startswith("arn:aws:sqs:"):
            return
        told = {
            "requestContext": {
                "functionArn": self.mapping.function_arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": tries,
            },
            "version": "1.0",
            "KinesisBatchInfo": {
                "shardId": shard_id,
                "startSequenceNumber": str(records[0].sequence_number),
                "endSequenceNumber": str(records[-1].sequence_number),
                "batchSize": len(records),
                "streamArn": self.stream.arn,
            },
        }
        sqs = self.world.client("sqs")
        url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(told))


def reader_of(world: World, mapping: Any, stream: Any) -> Reader:
    """A reader from the mapping's starting position on: the end of each shard, or its beginning."""
    latest = mapping.starting_position == "LATEST"
    shards = dict(stream.shards)
    places = {name: shard.get_max_sequence_number() if latest else 0 for name, shard in shards.items()}
    reader = Reader(world, mapping, stream, places)
    for name in () if latest else shards:
        reader.wake(name)
    return reader


def failures(payload: Any) -> set[str]:
    """The messages or records that a function reports as failed:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    try:
        told = json.loads(payload)
    except (TypeError, ValueError):
        return set()
    listed = told.get("batchItemFailures") if isinstance(told, dict) else None
    return {str(one["itemIdentifier"]) for one in listed or ()}
