"""What exists in the cloud, counted by type: a stack that was destroyed leaves no count behind."""

from collections.abc import Callable
from typing import Any

from mlspec.targets.local.cloud.world import World


def _functions(backend: Any) -> int:
    return len(backend.list_functions())


def _versions(backend: Any) -> int:
    names = [function.function_name for function in backend.list_functions()]
    return sum(len(list(backend.list_versions_by_function(name))) - 1 for name in names)  # $LATEST is not one


def _function_aliases(backend: Any) -> int:
    return sum(len(list(backend.list_aliases(function.function_name))) for function in backend.list_functions())


def _roles(backend: Any) -> int:
    return len(backend.roles)


def _rules(backend: Any) -> int:
    return sum(len(bus.rules) for bus in backend.event_buses.values())


def _keys(backend: Any) -> int:
    return sum(key.key_state != "PendingDeletion" and key.key_manager == "CUSTOMER" for key in backend.keys.values())


def _objects(backend: Any) -> int:
    return sum(len(bucket.keys.getlist(name)) for bucket in backend.buckets.values() for name in bucket.keys)


def _aliases(backend: Any) -> int:
    return sum(len([a for a in key.aliases if not a.startswith("alias/aws/")]) for key in backend.keys.values())


# What AWS keeps and nobody can delete is told as history: a stack that was destroyed may leave it.
# type -> (moto's service, how to count); S3 and IAM are global: their backends are found under "aws".
COUNTS: dict[str, tuple[str, Callable[[Any], int]]] = {
    "history: training jobs": ("sagemaker", lambda backend: len(backend.training_jobs)),
    "cloudwatch alarms": ("cloudwatch", lambda backend: len(backend.alarms)),
    "cloudwatch dashboards": ("cloudwatch", lambda backend: len(backend.dashboards)),
    "ecr images": ("ecr", lambda backend: sum(len(held.images) for held in backend.repositories.values())),
    "ecr repositories": ("ecr", lambda backend: len(backend.repositories)),
    "events rules": ("events", _rules),
    "iam policies": (
        "iam",
        lambda backend: sum(not p.arn.startswith("arn:aws:iam::aws:") for p in backend.managed_policies.values()),
    ),
    "iam roles": ("iam", _roles),
    "kms aliases": ("kms", _aliases),
    "kms keys": ("kms", _keys),
    "lambda aliases": ("lambda", _function_aliases),
    "lambda functions": ("lambda", _functions),
    "lambda versions": ("lambda", _versions),
    "logs groups": ("logs", lambda backend: len(backend.groups)),
    "s3 buckets": ("s3", lambda backend: len(backend.buckets)),
    "s3 objects": ("s3", _objects),
    "sagemaker model package groups": ("sagemaker", lambda backend: len(backend.model_package_groups)),
    "sagemaker model packages": ("sagemaker", lambda backend: len(backend.model_packages)),
    "sns subscriptions": ("sns", lambda backend: len(backend.subscriptions)),
    "sns topics": ("sns", lambda backend: len(backend.topics)),
    "sqs queues": ("sqs", lambda backend: len(backend.queues)),
    "states machines": ("stepfunctions", lambda backend: len(backend.state_machines)),
}
_GLOBAL = {"s3", "iam"}


def inventory(world: World) -> dict[str, int]:
    """How many of each type exist, zeros too."""
    from moto.backends import get_backend

    counts = {}
    for kind, (service, count) in COUNTS.items():
        everywhere: Any = get_backend(service) if service in _GLOBAL else None  # type: ignore[call-overload]
        counts[kind] = count(everywhere[world.account]["aws"] if everywhere is not None else world.backend(service))
    return counts
