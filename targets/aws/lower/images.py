"""A function that ships as an image: the repository it is pulled from, where its code is, and what it may read."""

from collections.abc import Mapping

from mlspec.compiler.graph import Join, Json, Name, Ref, Resource, Value
from mlspec.targets.aws.lower.context import Context, Lowered, arn
from mlspec.targets.aws.lower.grants import misses, reads, uses_key
from mlspec.targets.aws.types import REPOSITORY, REPOSITORY_POLICY

POLICY = "images-policy"
_REPOSITORY = "images"
_ROLE = "inference-role"
_DISK, _SMALLEST_DISK, _SPARE_DISK = "ephemeralStorage", 512, 64
_MEBIBYTE = 2**20


def lower_images(context: Context) -> Lowered:
    """Nothing where a zip ships; else the repository, Lambda's permission to pull, and the role's to read releases."""
    if context.form.name != "image":
        return Lowered()
    grants = (
        reads(_ROLE, "releases/*", why="the release that it serves"),
        misses(_ROLE),
        uses_key(_ROLE, write=False),
    )
    return Lowered((_repository(context), _policy(context)), grants)


def image_code(context: Context, unit: str) -> dict[str, Value]:
    """Where the function's code is: the image of exactly this unit, by its digest."""
    uri = Join((Ref(_REPOSITORY, "repositoryUrl"), ":", context.digests[unit]))
    return {"packageType": "Image", "imageUri": uri}


def disk_for(room: int) -> dict[str, Value]:
    """Disk for a model of `room` bytes, as a function's property; none where what every function has is enough."""
    needed = room // _MEBIBYTE + _SPARE_DISK
    return {_DISK: {"size": needed}} if needed > _SMALLEST_DISK else {}


def _repository(context: Context) -> Resource:
    properties: Mapping[str, Value] = {
        "forceDelete": True,  # the deploy has pushed what is in it, and can again
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
    }
    why = "The function's images, one for each digest of its code; none expires, for a rollback may need it."
    return context.resource(REPOSITORY, _REPOSITORY, properties, path="serving.package", reviewer="operations", why=why)


def _policy(context: Context) -> Resource:
    """https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions"""
    statement: Value = {
        "Sid": "LambdaPulls",
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        "Condition": {"StringLike": {"aws:sourceArn": arn("lambda", "function:", Name("inference"))}},
    }
    properties: Mapping[str, Value] = {
        "repository": Ref(_REPOSITORY, "name"),
        "policy": Json({"Version": "2012-10-17", "Statement": (statement,)}),
    }
    why = "Lambda may pull the image for this function, and for no other."
    return context.resource(REPOSITORY_POLICY, POLICY, properties, path="serving.package", reviewer="security", why=why)
