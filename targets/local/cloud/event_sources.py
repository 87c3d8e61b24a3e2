"""Queues and streams that a function reads: they follow its alias; what it reports as failed is not taken as done."""

from typing import Any

from mlspec.targets.local.cloud.streams import Reader, failures, reader_of
from mlspec.targets.local.cloud.world import World

SHIM = "SQS messages reach a function one at a time, when they are sent; a failed one waits for the next to be sent"


def install(world: World) -> None:
    """Let a mapping keep the alias it was made for, and let moto's queue hear of partial failures."""
    from moto.awslambda.models import LambdaBackend

    plain_create, plain_send = LambdaBackend.create_event_source_mapping, LambdaBackend._send_sqs_message
    plain_update, plain_delete = LambdaBackend.update_event_source_mapping, LambdaBackend.delete_event_source_mapping
    readers: dict[str, Reader] = {}

    def create(self: Any, spec: dict[str, Any]) -> Any:
        mapping = plain_create(self, spec)
        _follow(mapping, spec.get("FunctionName", ""))
        for stream in _streams_of(mapping):
            readers[mapping.uuid] = reader_of(world, mapping, stream)
        return mapping

    def update(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
        mapping = plain_update(self, uuid, spec)
        if mapping is not None:
            _follow(mapping, spec.get("FunctionName", ""))
        return mapping

    def delete(self: Any, uuid: str) -> Any:
        """moto's queue would go on."""
        mapping = plain_delete(self, uuid)
        if mapping is not None:
            _forget(mapping)
            readers.pop(uuid, None)
        return mapping

    def send(self: Any, function_arn: str, message: Any, queue_arn: str) -> bool:
        heard: list[Any] = []
        listening = _Listening(self, heard)
        done = plain_send(listening, function_arn, message, queue_arn)  # type: ignore[arg-type]
        return done and not any(failures(payload) for payload in heard)

    def put(self: Any, *, function_name: str, kinesis_stream: str, kinesis_shard_id: str, **record: Any) -> None:
        """moto would call with this record alone, whatever becomes of it."""
        for reader in list(readers.values()):
            if (reader.mapping.function_arn, reader.stream.arn) == (function_name, kinesis_stream):
                reader.wake(kinesis_shard_id)

    LambdaBackend.create_event_source_mapping = create  # type: ignore[method-assign]
    LambdaBackend.update_event_source_mapping = update  # type: ignore[method-assign]
    LambdaBackend.delete_event_source_mapping = delete  # type: ignore[method-assign]
    LambdaBackend._send_sqs_message = send  # type: ignore[method-assign]
    LambdaBackend.send_kinesis_message = put  # type: ignore[assignment,method-assign]


def _follow(mapping: Any, target: str) -> None:
    """moto resolves an alias once, to the version it has now, and knows one mapping of a stream."""
    _forget(mapping)
    if target.startswith("arn:"):
        mapping.function_arn = target
    for source in [*_queues_of(mapping), *_streams_of(mapping)]:
        source.lambda_event_source_mappings[mapping.function_arn] = mapping


def _forget(mapping: Any) -> None:
    for source in [*_queues_of(mapping), *_streams_of(mapping)]:
        known = source.lambda_event_source_mappings
        for key in [key for key, one in known.items() if one is mapping]:
            del known[key]


def _queues_of(mapping: Any) -> list[Any]:
    from moto.sqs.models import sqs_backends

    queues = sqs_backends[mapping.account_id][mapping.region].queues.values()
    return [queue for queue in queues if queue.queue_arn == mapping.event_source_arn]


def _streams_of(mapping: Any) -> list[Any]:
    from moto.kinesis.models import kinesis_backends

    streams = kinesis_backends[mapping.account_id][mapping.region].streams.values()
    return [stream for stream in streams if stream.arn == mapping.event_source_arn]


class _Listening:
    """A backend that keeps what its function answered."""

    def __init__(self, backend: Any, heard: list[Any]) -> None:
        self._backend = backend
        self._heard = heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def invoke(self, **given: Any) -> Any:
        """The backend's own, overheard."""
        payload = self._backend.invoke(**given)
        self._heard.append(payload)
        return payload
