"""SQS queues and queue policies."""

import json
from collections.abc import Mapping
from typing import Any

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Site,
    attempt,
    dropped_tags,
    put_provider,
)

_ATTRIBUTES = {
    "delaySeconds": "DelaySeconds", "maxMessageSize": "MaximumMessageSize", "policy": "Policy",
    "messageRetentionSeconds": "MessageRetentionPeriod", "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout", "redrivePolicy": "RedrivePolicy", "fifoQueue": "FifoQueue",
    "kmsMasterKeyId": "KmsMasterKeyId", "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled", "contentBasedDeduplication": "ContentBasedDeduplication",
}  # fmt: skip


def _attributes(inputs: Inputs) -> dict[str, str]:
    """SQS takes all attributes as text."""
    given = {theirs: inputs[ours] for ours, theirs in _ATTRIBUTES.items() if inputs.get(ours) is not None}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def _create_queue(site: Site, inputs: Inputs) -> Made:
    made = site.client("sqs").create_queue(
        QueueName=inputs["name"], Attributes=_attributes(inputs), tags=dict(inputs.get("tags") or {})
    )
    return Made(made["QueueUrl"], _outputs(site, made["QueueUrl"], inputs))


def _outputs(site: Site, url: str, inputs: Inputs) -> Outputs:
    return {"arn": site.arn("sqs", inputs["name"]), "url": url}


def _update_queue(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client, url = site.client("sqs"), existing.id
    gone = dict.fromkeys(set(_attributes(existing.inputs)) - set(_attributes(inputs)) & {"RedrivePolicy", "Policy"}, "")
    changeable = {name: value for name, value in _attributes(inputs).items() if name != "FifoQueue"}
    client.set_queue_attributes(QueueUrl=url, Attributes={**gone, **changeable})
    if dropped := dropped_tags(existing, inputs):
        client.untag_queue(QueueUrl=url, TagKeys=dropped)
    if inputs.get("tags"):
        client.tag_queue(QueueUrl=url, Tags=dict(inputs["tags"]))
    return _outputs(site, url, inputs)


def _delete_queue(site: Site, existing: Existing) -> None:
    site.client("sqs").delete_queue(QueueUrl=existing.id)


def _find_queue(site: Site, inputs: Inputs) -> str | None:
    found: Any = attempt(site.client("sqs").get_queue_url, QueueName=inputs["name"])
    return str(found["QueueUrl"]) if found else None


def _put_policy(site: Site, inputs: Inputs) -> Made:
    site.client("sqs").set_queue_attributes(QueueUrl=inputs["queueUrl"], Attributes={"Policy": inputs["policy"]})
    return Made(inputs["queueUrl"], {})


def _delete_policy(site: Site, existing: Existing) -> None:
    site.client("sqs").set_queue_attributes(QueueUrl=existing.id, Attributes={"Policy": ""})


def _find_policy(site: Site, inputs: Inputs) -> str | None:
    client = site.client("sqs")
    found = attempt(client.get_queue_attributes, QueueUrl=inputs["queueUrl"], AttributeNames=["Policy"])
    return inputs["queueUrl"] if found and (found.get("Attributes") or {}).get("Policy") else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:sqs/queue:Queue": Provider(
        _create_queue, _update_queue, _delete_queue, _find_queue, replace_on=frozenset({"name", "fifoQueue"})
    ),
    "aws:sqs/queuePolicy:QueuePolicy": put_provider(
        _put_policy, delete=_delete_policy, find=_find_policy, replace_on=frozenset({"queueUrl"})
    ),
}
