"""A Lambda function with its role and its log group: what every unit on Lambda has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlspec.compiler.graph import Join, Name, Options, Ref, Resource, Value
from mlspec.targets.aws.lower.context import Context
from mlspec.targets.aws.lower.retention import retention_days
from mlspec.targets.aws.lower.roles import service_role
from mlspec.targets.aws.lower.storage import STORE
from mlspec.targets.aws.types import FUNCTION, LOG_GROUP


@dataclass(frozen=True, slots=True)
class Shape:
    """What sets one function apart: `extra` are further wire properties, `image` those of one that ships as an image,
    `after` is what else must be there first."""

    memory: int
    timeout: int
    path: str
    why: str
    variables: Mapping[str, Value] = field(default_factory=dict)
    extra: Mapping[str, Value] = field(default_factory=dict)
    image: Mapping[str, Value] = field(default_factory=dict)
    after: tuple[str, ...] = ()


def function(context: Context, unit: str, shape: Shape) -> tuple[Resource, ...]:
    """`<unit>-role`, `<unit>-logs` and `<unit>`."""
    why = f"What {unit} may do, and nothing else."
    role = service_role(context, f"{unit}-role", service="lambda", path=shape.path, why=why)
    return (role, log_group(context, unit, "/aws/lambda/"), _function(context, unit, shape))


def log_group(context: Context, resource: str, folder: str) -> Resource:
    """`<resource>-logs`, made before anything writes to it: retention and encryption hold from the first line."""
    return context.resource(
        LOG_GROUP,
        f"{resource}-logs",
        {
            "name": Join((folder, Name(resource))),
            "retentionInDays": retention_days(context.spec.governance.retention),
            "kmsKeyId": Ref("key", "arn"),
        },
        path="governance.retention",
        reviewer="operations",
        why=f"The log of {resource}, kept as long as the spec says.",
    )


def variables(context: Context) -> dict[str, Value]:
    """The environment variables that every unit has."""
    return {
        "MLSPEC_MODEL": context.spec.name,
        "MLSPEC_ENVIRONMENT": context.spec.environment,
        "MLSPEC_STORE": STORE,
    }


def _function(context: Context, unit: str, shape: Shape) -> Resource:
    properties: dict[str, Value] = {
        "role": Ref(f"{unit}-role", "arn"),
        "architectures": (context.units[unit].architecture,),
        **(shape.image or _zip(context, unit)),
        "memorySize": shape.memory,
        "timeout": shape.timeout,
        "kmsKeyArn": Ref("key", "arn"),
        "loggingConfig": {"logFormat": "Text", "logGroup": Ref(f"{unit}-logs", "name")},
        "environment": {"variables": {**variables(context), **shape.variables}},
        **shape.extra,
    }
    options = Options(depends_on=shape.after)
    return context.resource(
        FUNCTION, unit, properties, path=shape.path, reviewer="operations", why=shape.why, options=options
    )


def _zip(context: Context, unit: str) -> dict[str, Value]:
    return {
        "runtime": f"python{context.units[unit].python}",
        "handler": "handler.handler",
        "s3Bucket": STORE,
        "s3Key": Ref(f"{unit}-code", "key"),
    }
