"""Training: what SageMaker's jobs run as, and what they may read and write."""

import re

from mlspec.compiler.graph import REGION, Grant, Join, Ref, Value
from mlspec.targets.aws.lower.context import Context, Lowered, arn
from mlspec.targets.aws.lower.grants import lists, reads, uses_key, writes
from mlspec.targets.aws.lower.roles import service_role
from mlspec.targets.aws.lower.training_parameters import training_parameters

ROLE = "training-role"
_HERE = "here"
# SageMaker pulls from ECR. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[a-z0-9._/-]+)[:@].+"
)
_LOGS = "log-group:/aws/sagemaker/TrainingJobs"


def lower_training(context: Context) -> Lowered:
    """The role alone: jobs are made by the workflow, one for each retraining."""
    role = service_role(
        context, ROLE, service="sagemaker", path="training", why="What a training job may do, and nothing else."
    )
    return Lowered((role,), (*_store_grants(), *_source_grants(context), *_platform_grants(context)))


def _store_grants() -> tuple[Grant, ...]:
    return (
        reads(
            ROLE,
            "code/training-*",
            "data/*",
            "releases/*",
            "jobs/*",
            why="its code, local data, the champion, checkpoints",
        ),
        writes(ROLE, "jobs/*", why="the model it trained, and checkpoints"),
        lists(ROLE, "code/training-*", "data/*", "releases/*", "jobs/*", why="the files of its channels"),
        uses_key(ROLE, write=True),
        # SageMaker attaches the job's encrypted disk by a grant on the key.
        # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
        Grant(
            ROLE,
            ("kms:CreateGrant",),
            (Ref("key", "arn"),),
            "the encrypted disk of its instance",
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )


def _source_grants(context: Context) -> tuple[Grant, ...]:
    """The rows, where they lie in somebody's bucket."""
    uri = context.spec.data.source.uri
    if not uri.startswith("s3://"):
        return ()
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    place = _s3(bucket)
    return (
        Grant(ROLE, ("s3:GetObject",), (Join((*place.parts, f"/{prefix}*")),), "the rows it learns from"),
        Grant(
            ROLE,
            ("s3:ListBucket",),
            (place,),
            "the files that hold the rows",
            {"StringLike": {"s3:prefix": (f"{prefix}*",)}},
        ),
    )


def _s3(bucket: str) -> Join:
    return arn("s3", bucket, account="", region="")


def _platform_grants(context: Context) -> tuple[Grant, ...]:
    """What the platform does in the job's name: logs, metrics, and pulling the image."""
    groups: tuple[Value, ...] = (arn("logs", _LOGS), arn("logs", f"{_LOGS}:*"))
    # Neither action knows a resource; the namespace narrows the first.
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
    return (
        Grant(
            ROLE,
            ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            groups,
            "its log",
        ),
        Grant(
            ROLE,
            ("cloudwatch:PutMetricData",),
            ("*",),
            "the job's own metrics",
            {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}},
        ),
        Grant(ROLE, ("ecr:GetAuthorizationToken",), ("*",), "the training image"),
        Grant(
            ROLE,
            ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            (_repository(training_parameters(context.checked)["AlgorithmSpecification"]["TrainingImage"]),),
            "the training image",
        ),
    )


def _repository(image: Value) -> Join:
    """The ARN of the ECR repository that an image's name leads to."""
    spelled = "".join(
        str(_HERE if part == REGION else part) for part in (image.parts if isinstance(image, Join) else (image,))
    )
    found = IMAGE.fullmatch(spelled)
    if found is None:
        raise ValueError(f"image {spelled} has passed the refusals")
    region: Value = REGION if found["region"] == _HERE else found["region"]
    return arn("ecr", f"repository/{found['repository']}", account=found["account"], region=region)


def data_uri(context: Context, key: str) -> Value:
    """The S3 URI of the rows: the spec's own, or that of the local files in the store."""
    uri = context.spec.data.source.uri
    return uri if uri.startswith("s3://") else Join(("s3://", Ref("store", "bucket"), f"/{key}"))
