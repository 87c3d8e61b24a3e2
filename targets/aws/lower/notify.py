"""Who is told: the topic of alarms and outcomes, its subscribers, and the queue of events that nobody could take."""

from mlspec.compiler.graph import Json, Name, Ref, Resource, Value
from mlspec.targets.aws.lower.context import SAME_ACCOUNT, Context, Lowered, arn
from mlspec.targets.aws.types import QUEUE, SUBSCRIPTION, TOPIC

_TWO_WEEKS = 1_209_600


def lower_notify(context: Context) -> Lowered:
    """The topic, one subscription for each address, and the dead letters."""
    emails = enumerate(context.spec.notify.email, 1)
    subscribers = tuple(_subscription(context, number, email) for number, email in emails)
    return Lowered((_topic(context), *subscribers, _dead_letters(context)))


def _topic(context: Context) -> Resource:
    return context.resource(
        TOPIC,
        "alerts",
        {
            "kmsMasterKeyId": Ref("key", "arn"),
            "policy": _policy(arn("sns", Name("alerts")), service="cloudwatch", action="sns:Publish", sid="Alarms"),
        },
        path="notify",
        reviewer="operations",
        why="Alarms, and how every retraining ended.",
    )


def _subscription(context: Context, number: int, email: str) -> Resource:
    return context.resource(
        SUBSCRIPTION,
        f"alerts-{number}",
        {"topic": Ref("alerts", "arn"), "protocol": "email", "endpoint": email},
        path=f"notify.email.{number - 1}",
        reviewer="operations",
        why="One address that is told; it must confirm once.",
    )


def _dead_letters(context: Context) -> Resource:
    return context.resource(
        QUEUE,
        "dead-letters",
        {
            "kmsMasterKeyId": Ref("key", "arn"),
            "messageRetentionSeconds": _TWO_WEEKS,
            "policy": _policy(
                arn("sqs", Name("dead-letters")), service="events", action="sqs:SendMessage", sid="Events"
            ),
        },
        path="name",
        reviewer="operations",
        why="Events that could not be delivered, kept for two weeks instead of lost.",
    )


def _policy(resource: Value, *, service: str, action: str, sid: str) -> Value:
    """One service may send on behalf of this account, and nobody without TLS."""
    allow: Value = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": SAME_ACCOUNT,
    }
    deny: Value = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return Json({"Version": "2012-10-17", "Statement": (allow, deny)})
