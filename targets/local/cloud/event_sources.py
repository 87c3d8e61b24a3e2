"""Queues that a function reads: they follow its alias, and what it reports as failed is not taken as done."""

import json
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "SQS messages reach a function one at a time, when they are sent; a failed one waits for the next to be sent"


def install(world: World) -> None:
    """Let a mapping keep the alias it was made for, and let moto's queue hear of partial failures."""
    from moto.awslambda.models import LambdaBackend

    plain_create, plain_send = LambdaBackend.create_event_source_mapping, LambdaBackend._send_sqs_message
    plain_delete = LambdaBackend.delete_event_source_mapping

    def create(self: Any, spec: dict[str, Any]) -> Any:
        target = spec.get("FunctionName", "")
        mapping = plain_create(self, spec)
        if target.startswith("arn:"):
            _follow(mapping, target)
        return mapping

    def delete(self: Any, uuid: str) -> Any:
        """moto's queue would go on."""
        mapping = plain_delete(self, uuid)
        if mapping is not None:
            for queue in _queues_of(mapping):
                queue.lambda_event_source_mappings.pop(mapping.function_arn, None)
        return mapping

    def send(self: Any, function_arn: str, message: Any, queue_arn: str) -> bool:
        heard: list[Any] = []
        listening = _Listening(self, heard)
        done = plain_send(listening, function_arn, message, queue_arn)  # type: ignore[arg-type]
        return done and not any(_failures(payload) for payload in heard)

    LambdaBackend.create_event_source_mapping = create  # type: ignore[method-assign]
    LambdaBackend.delete_event_source_mapping = delete  # type: ignore[method-assign]
    LambdaBackend._send_sqs_message = send  # type: ignore[method-assign]


def _follow(mapping: Any, target: str) -> None:
    """moto resolves an alias once, to the version it has now."""
    for queue in _queues_of(mapping):
        queue.lambda_event_source_mappings.pop(mapping.function_arn, None)
        queue.lambda_event_source_mappings[target] = mapping
    mapping.function_arn = target


def _queues_of(mapping: Any) -> list[Any]:
    from moto.sqs.models import sqs_backends

    queues = sqs_backends[mapping.account_id][mapping.region].queues.values()
    return [queue for queue in queues if queue.queue_arn == mapping.event_source_arn]


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


def _failures(payload: Any) -> Any:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    try:
        told = json.loads(payload)
    except (TypeError, ValueError):
        return False
    return isinstance(told, dict) and told.get("batchItemFailures")
