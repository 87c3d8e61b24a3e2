"""The model registry: one package group that every release joins."""

from mlspec.targets.aws.lower.context import Context, Lowered
from mlspec.targets.aws.types import MODEL_PACKAGE_GROUP


def lower_registry(context: Context) -> Lowered:
    """The group; its packages are made by the rollout, one for each release that passed its gates."""
    # A change of the description replaces the group with all its packages, so it says only what cannot change.
    group = context.resource(
        MODEL_PACKAGE_GROUP,
        "registry",
        {"modelPackageGroupDescription": f"Releases of {context.spec.stack}"},
        path="name",
        reviewer="ml",
        why="The record of every release that passed its gates.",
    )
    return Lowered((group,))
