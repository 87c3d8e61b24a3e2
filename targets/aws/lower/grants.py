"""The grants that recur: objects of the store, log lines, and the key that both are under."""

from collections.abc import Iterable

from mlspec.compiler.graph import Grant, Join, Ref, Value
from mlspec.targets.aws.lower.keys import DELIVER

_STORE = Ref("store", "arn")


def objects(*patterns: str) -> tuple[Value, ...]:
    """Objects of the store by key, each with a `*` at most where AWS expands it."""
    return tuple(Join((_STORE, f"/{pattern}")) for pattern in patterns)


def reads(role: str, *patterns: str, why: str) -> Grant:
    """Read objects."""
    return Grant(role, ("s3:GetObject",), objects(*patterns), why)


def writes(role: str, *patterns: str, why: str) -> Grant:
    """Write objects."""
    return Grant(role, ("s3:PutObject",), objects(*patterns), why)


def lists(role: str, *prefixes: str, why: str) -> Grant:
    """List keys below prefixes."""
    return Grant(role, ("s3:ListBucket",), (_STORE,), why, {"StringLike": {"s3:prefix": tuple(prefixes)}})


def misses(role: str) -> Grant:
    """Be told that an object is missing, instead of 403; a read carries no prefix to narrow this by.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    return Grant(role, ("s3:ListBucket",), (_STORE,), "whether what it looks for is there")


def uses_key(role: str, *, write: bool) -> Grant:
    """Read, and if asked write, what lies under the stack's key."""
    actions = DELIVER if write else ("kms:Decrypt",)
    return Grant(role, actions, (Ref("key", "arn"),), "what it handles is encrypted with the stack's key")


def logs_to(role: str, group: str) -> Grant:
    """Write lines into one log group."""
    return Grant(role, ("logs:CreateLogStream", "logs:PutLogEvents"), (in_log(group),), "its own log lines")


def in_log(group: str) -> Join:
    """A log group and its streams, as IAM spells them."""
    return Join((Ref(group, "arn"), ":*"))


def invokes(role: str, functions: Iterable[str], *, why: str) -> Grant:
    """Call functions."""
    return Grant(role, ("lambda:InvokeFunction",), tuple(Ref(name, "arn") for name in functions), why)
