"""A role for each thing that acts, with the one service that may take it."""

from mlspec.compiler.graph import Json, Resource, Value
from mlspec.targets.aws.lower.context import SAME_ACCOUNT, Context
from mlspec.targets.aws.types import ROLE

# Lambda does not send aws:SourceAccount when it takes a function's role; these services do.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
_SAYS_ACCOUNT = frozenset({"events", "sagemaker", "states"})


def service_role(context: Context, name: str, *, service: str, path: str, why: str) -> Resource:
    """A role that only `service` may take, on behalf of this account only."""
    statement: dict[str, Value] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if service in _SAYS_ACCOUNT:
        statement["Condition"] = SAME_ACCOUNT
    trust = Json({"Version": "2012-10-17", "Statement": (statement,)})
    return context.resource(ROLE, name, {"assumeRolePolicy": trust}, path=path, reviewer="security", why=why)
