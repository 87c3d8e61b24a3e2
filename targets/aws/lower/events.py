"""EventBridge rules, and how their events are delivered: retried for an hour, then kept as dead letters."""

from collections.abc import Mapping

from mlspec.compiler.graph import Ref, Resource, Value
from mlspec.targets.aws.lower.context import Context
from mlspec.targets.aws.types import EVENT_RULE

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def rule(context: Context, name: str, properties: Mapping[str, Value], *, path: str, why: str) -> Resource:
    """A rule on the default bus."""
    described = {"description": f"{context.spec.stack}: {why}", **properties}
    return context.resource(EVENT_RULE, name, described, path=path, reviewer="operations", why=why)


def delivery() -> dict[str, Value]:
    """What a target does when it cannot take an event."""
    return {
        "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 10},
        "deadLetterConfig": {"arn": Ref("dead-letters", "arn")},
    }


def every(seconds: int) -> str:
    """EventBridge's words for a rhythm, a whole number of minutes."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"rate({count} {unit}{'' if count == 1 else 's'})"
