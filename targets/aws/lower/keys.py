"""The stack's one KMS key: who may administer it, and which services may use it for what they deliver."""

from mlspec.compiler.graph import ACCOUNT, PARTITION, REGION, Join, Json, Ref, Value
from mlspec.targets.aws.lower.context import SAME_ACCOUNT, Context, Lowered, arn
from mlspec.targets.aws.types import KEY, KEY_ALIAS

_ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
_DELIVERERS = ("cloudwatch.amazonaws.com", "delivery.logs.amazonaws.com", "events.amazonaws.com")
DELIVER = ("kms:Decrypt", "kms:GenerateDataKey")


def lower_keys(context: Context) -> Lowered:
    """The key, rotated each year, and its readable alias."""
    key = context.resource(
        KEY,
        "key",
        {
            "description": f"Everything that {context.spec.stack} keeps",
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "policy": Json({"Version": "2012-10-17", "Statement": (_root(), _logs(), _deliveries())}),
        },
        path="name",
        reviewer="security",
        why="One key encrypts the store, the logs, the queues and the topics of this model.",
    )
    alias = context.resource(
        KEY_ALIAS,
        "key-alias",
        {"name": f"alias/{context.spec.stack}", "targetKeyId": Ref("key", "keyId")},
        path="name",
        reviewer="security",
        why="The key under a name that people can read.",
    )
    return Lowered((key, alias))


def _root() -> Value:
    """The account decides by IAM who administers and uses the key; without this nobody could."""
    return {
        "Sid": "AccountByIam",
        "Effect": "Allow",
        "Principal": {"AWS": Join(("arn:", PARTITION, ":iam::", ACCOUNT, ":root"))},
        "Action": tuple(sorted({*_ADMINISTER, *USE})),
        "Resource": "*",
    }


def _logs() -> Value:
    """CloudWatch Logs writes this account's log groups under the key."""
    return {
        "Sid": "Logs",
        "Effect": "Allow",
        "Principal": {"Service": Join(("logs.", REGION, ".amazonaws.com"))},
        "Action": USE,
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn("logs", "log-group:*")}},
    }


def _deliveries() -> Value:
    """Alarms publish to the topic, EventBridge sends to the queue, Step Functions has its log delivered."""
    return {
        "Sid": "Deliveries",
        "Effect": "Allow",
        "Principal": {"Service": _DELIVERERS},
        "Action": DELIVER,
        "Resource": "*",
        "Condition": SAME_ACCOUNT,
    }
