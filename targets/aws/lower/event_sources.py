"""Queues and streams that requests come from: mappings to the live alias, the queues made for them, and grants."""

from collections.abc import Iterator, Mapping

from mlspec.compiler.graph import Grant, Json, Name, Ref, Resource, Value
from mlspec.specs.models import EventSource
from mlspec.targets.aws.lower.context import Context, Lowered, arn
from mlspec.targets.aws.lower.grants import uses_key, writes
from mlspec.targets.aws.types import EVENT_SOURCE, QUEUE

_ROLE = "inference-role"
_TRIES = 5
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times the function's time-out
_VISIBILITY = 6
_LONGEST_VISIBILITY = 43_200


def lower_event_sources(context: Context) -> Lowered:
    """For each source its mapping and what the function may do there; a queue that the spec only names is made."""
    events = context.spec.serving.events
    made = tuple(_queue(context, name, path=path) for name, path in _named(events).items())
    mappings = tuple(_mapping(context, number, event) for number, event in enumerate(events, 1))
    grants = tuple(grant for event in events for grant in _grants(event))
    shared = (uses_key(_ROLE, write=True),) if events else ()
    return Lowered((*made, *mappings), (*grants, *shared))


def event_variables(context: Context) -> Mapping[str, Value]:
    """What the function is told: where the results of each source go."""
    events = context.spec.serving.events
    routes = tuple({"source": _source(event), "results": _results(event)} for event in events)
    return {"MLSPEC_EVENTS": Json(routes), "MLSPEC_KEY": Ref("key", "arn")} if events else {}


def _named(events: tuple[EventSource, ...]) -> dict[str, str]:
    """The queues that the stack makes, each with the first key that asks for it: as a source, if any does."""
    asked = [(event.queue, f"serving.events.{number}.queue") for number, event in enumerate(events)]
    asked += [(event.results, f"serving.events.{number}.results") for number, event in enumerate(events)]
    found: dict[str, str] = {}
    for name, path in asked:
        if name and name != "store" and not name.startswith("arn:"):
            found.setdefault(name, path)
    return found


def _queue_arn(name: str) -> Value:
    return name if name.startswith("arn:") else Ref(f"queue-{name}", "arn")


def _source(event: EventSource) -> Value:
    return event.stream or _queue_arn(event.queue or "")


def _results(event: EventSource) -> Value:
    return "" if event.results == "store" else _queue_arn(event.results)


def _queue(context: Context, name: str, *, path: str) -> Resource:
    resource = f"queue-{name}"
    visible = min(_VISIBILITY * context.spec.serving.timeout.seconds, _LONGEST_VISIBILITY)
    properties: dict[str, Value] = {
        "kmsMasterKeyId": Ref("key", "arn"),
        "visibilityTimeoutSeconds": visible,
        "policy": _tls_only(arn("sqs", Name(resource))),
    }
    if path.endswith(".queue"):
        redrive: Value = {"deadLetterTargetArn": Ref("dead-letters", "arn"), "maxReceiveCount": _TRIES}
        properties["redrivePolicy"] = Json(redrive)
    why = (
        "Requests, and what failed five times goes to the dead letters."
        if "redrivePolicy" in properties
        else "Results."
    )
    return context.resource(QUEUE, resource, properties, path=path, reviewer="operations", why=why)


def _tls_only(resource: Value) -> Value:
    deny: Value = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return Json({"Version": "2012-10-17", "Statement": (deny,)})


def _mapping(context: Context, number: int, event: EventSource) -> Resource:
    properties: dict[str, Value] = {
        "eventSourceArn": _source(event),
        "functionName": Ref("live", "arn"),
        "batchSize": event.batch,
        "maximumBatchingWindowInSeconds": event.window.seconds,
        "functionResponseTypes": ("ReportBatchItemFailures",),
        **(_of_stream() if event.stream else {}),
    }
    why = "Messages become requests to the live alias; only those that failed come again."
    path = f"serving.events.{number - 1}"
    return context.resource(EVENT_SOURCE, f"events-{number}", properties, path=path, reviewer="operations", why=why)


def _of_stream() -> dict[str, Value]:
    """A stream waits behind a record that fails: it is split off, tried again, and then kept as a dead letter."""
    return {
        "startingPosition": "LATEST",
        "bisectBatchOnFunctionError": True,
        "maximumRetryAttempts": 10,
        "destinationConfig": {"onFailure": {"destinationArn": Ref("dead-letters", "arn")}},
    }


def _grants(event: EventSource) -> Iterator[Grant]:
    source = (_source(event),)
    if event.stream:
        reading = ("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                   "kinesis:GetShardIterator", "kinesis:ListShards")  # fmt: skip
        yield Grant(_ROLE, reading, source, "the records it answers")
        yield Grant(_ROLE, ("sqs:SendMessage",), (Ref("dead-letters", "arn"),), "records that failed to the last")
    else:
        taking = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
        yield Grant(_ROLE, taking, source, "the messages it answers")
    if event.results == "store":
        yield writes(_ROLE, "results/*", why="the results of messages")
    else:
        yield Grant(_ROLE, ("sqs:GetQueueUrl", "sqs:SendMessage"), (_queue_arn(event.results),), "results of messages")
