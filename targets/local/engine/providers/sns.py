"""SNS topics, subscriptions and topic policies."""

import json
from collections.abc import Mapping

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
    tag_list,
)

_ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId", "policy": "Policy"}


def _create_topic(site: Site, inputs: Inputs) -> Made:
    client = site.client("sns")
    arn = client.create_topic(Name=inputs["name"], Tags=tag_list(inputs))["TopicArn"]
    _set(site, arn, inputs)
    return Made(arn, {"arn": arn, "owner": site.cloud.account})


def _set(site: Site, arn: str, inputs: Inputs, existing: Existing | None = None) -> None:
    for ours, theirs in _ATTRIBUTES.items():
        value, before = inputs.get(ours), existing.inputs.get(ours) if existing else None
        if value is not None or (before is not None and ours != "policy"):
            site.client("sns").set_topic_attributes(TopicArn=arn, AttributeName=theirs, AttributeValue=value or "")


def _update_topic(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client, arn = site.client("sns"), existing.id
    _set(site, arn, inputs, existing)
    if dropped := dropped_tags(existing, inputs):
        client.untag_resource(ResourceArn=arn, TagKeys=dropped)
    if tags := tag_list(inputs):
        client.tag_resource(ResourceArn=arn, Tags=tags)
    return {"arn": arn, "owner": site.cloud.account}


def _delete_topic(site: Site, existing: Existing) -> None:
    site.client("sns").delete_topic(TopicArn=existing.id)


def _find_topic(site: Site, inputs: Inputs) -> str | None:
    arn = site.arn("sns", inputs["name"])
    return arn if attempt(site.client("sns").get_topic_attributes, TopicArn=arn) else None


def _subscribe(site: Site, inputs: Inputs) -> Made:
    arn = site.client("sns").subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes=_subscription(inputs),
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Made(arn, {"arn": arn})


def _subscription(inputs: Inputs) -> dict[str, str]:
    attributes = {}
    if inputs.get("filterPolicy"):
        attributes["FilterPolicy"] = inputs["filterPolicy"]
    if inputs.get("rawMessageDelivery") is not None:
        attributes["RawMessageDelivery"] = json.dumps(inputs["rawMessageDelivery"])
    return attributes


def _update_subscription(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    for name, value in _subscription(inputs).items():
        site.client("sns").set_subscription_attributes(
            SubscriptionArn=existing.id, AttributeName=name, AttributeValue=value
        )
    return {"arn": existing.id}


def _unsubscribe(site: Site, existing: Existing) -> None:
    site.client("sns").unsubscribe(SubscriptionArn=existing.id)


def _find_subscription(site: Site, inputs: Inputs) -> str | None:
    client = site.client("sns")
    listed = attempt(client.list_subscriptions_by_topic, TopicArn=inputs["topic"]) or {"Subscriptions": []}
    for entry in listed["Subscriptions"]:
        if (entry["Protocol"], entry["Endpoint"]) == (inputs["protocol"], inputs["endpoint"]):
            return str(entry["SubscriptionArn"])
    return None


def _put_policy(site: Site, inputs: Inputs) -> Made:
    site.client("sns").set_topic_attributes(
        TopicArn=inputs["arn"], AttributeName="Policy", AttributeValue=inputs["policy"]
    )
    return Made(inputs["arn"], {"owner": site.cloud.account})


def _reset_policy(site: Site, existing: Existing) -> None:
    """A topic always has a policy: back to the one it is made with, its own account only."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
        "Resource": existing.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": site.cloud.account}},
    }
    policy = json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
    site.client("sns").set_topic_attributes(TopicArn=existing.id, AttributeName="Policy", AttributeValue=policy)


def _find_policy(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("sns").get_topic_attributes, TopicArn=inputs["arn"])
    return inputs["arn"] if found and found["Attributes"].get("Policy") else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:sns/topic:Topic": Provider(
        _create_topic, _update_topic, _delete_topic, _find_topic, replace_on=frozenset({"name"})
    ),
    "aws:sns/topicSubscription:TopicSubscription": Provider(
        _subscribe, _update_subscription, _unsubscribe, _find_subscription,
        replace_on=frozenset({"topic", "protocol", "endpoint"}),
    ),
    "aws:sns/topicPolicy:TopicPolicy": put_provider(
        _put_policy, delete=_reset_policy, find=_find_policy, replace_on=frozenset({"arn"})
    ),
}  # fmt: skip
