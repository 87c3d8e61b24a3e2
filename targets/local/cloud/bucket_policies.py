"""Bucket policies with conditions: moto ignores them, so a request is judged by the statements that apply to it."""

import json
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "Bucket policies are judged for every caller alike; a request over loopback counts as one over TLS"

_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": fnmatchcase,
    "ArnEquals": fnmatchcase,
    "ArnLike": fnmatchcase,
}
_NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def install(world: World) -> None:
    """Judge by conditions; refuse a policy with a condition that nobody here could judge."""
    from moto.s3.exceptions import S3ClientError
    from moto.s3.models import FakeBucket, S3Backend

    plain, plain_put = FakeBucket.get_permission, S3Backend.put_bucket_policy

    def permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return plain(self, action, resource)
        held, document, facts = self.policy, json.loads(self.policy), _facts(world)
        kept = [statement for statement in _statements(document) if applies(statement.get("Condition") or {}, facts)]
        self.policy = json.dumps({**document, "Statement": kept}).encode() if kept else None
        try:
            return plain(self, action, resource)
        finally:
            self.policy = held

    def put(self: Any, bucket_name: str, policy: bytes) -> None:
        unknown = sorted({operator for s in _statements(json.loads(policy)) for operator in _unknown(s)})
        if unknown:
            raise S3ClientError("MalformedPolicy", f"conditions not judged here: {', '.join(unknown)}")
        plain_put(self, bucket_name, policy)

    FakeBucket.get_permission = permission  # type: ignore[method-assign]
    S3Backend.put_bucket_policy = put  # type: ignore[method-assign]


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = document.get("Statement") or []
    return statements if isinstance(statements, list) else [statements]


def _unknown(statement: Mapping[str, Any]) -> list[str]:
    operators = [operator.removesuffix("IfExists") for operator in statement.get("Condition") or {}]
    return [operator for operator in operators if operator not in {*_POSITIVE, *_NEGATIVE, "Null"}]


def _facts(world: World) -> dict[str, str]:
    """What is known of the request that is served now, by condition key in lower case."""
    from flask import has_request_context, request

    headers = dict(request.headers) if has_request_context() else {}
    sent = {f"s3:{name.lower()}": value for name, value in headers.items() if name.lower().startswith("x-amz-")}
    accounts = ("aws:principalaccount", "aws:resourceaccount", "aws:sourceaccount", "s3:resourceaccount")
    own = dict.fromkeys(accounts, world.account)
    return {**sent, **own, "aws:securetransport": "true", "aws:requestedregion": world.region}


def applies(condition: Mapping[str, Mapping[str, Any]], facts: Mapping[str, str]) -> bool:
    """Whether all of a statement's conditions hold; what is not known counts as not there, as in IAM."""
    return all(
        _holds(operator, facts.get(key.lower()), wanted if isinstance(wanted, list) else [wanted])
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, value: str | None, wanted: list[Any]) -> bool:
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in wanted]
    if operator == "Null":
        return (value is None) == (texts[0] == "true")
    name = operator.removesuffix("IfExists")
    if value is None:
        return name in _NEGATIVE or name != operator
    if name in _NEGATIVE:
        return not any(_POSITIVE[_NEGATIVE[name]](value, text) for text in texts)
    return any(_POSITIVE[name](value, text) for text in texts)
