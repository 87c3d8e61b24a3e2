"""Every resource type the local target knows, by Pulumi's token."""

from collections.abc import Mapping

from mlspec.targets.local.engine.providers import (
    cloudwatch,
    ecr,
    events,
    iam,
    kms,
    lambda_,
    logs,
    s3,
    sagemaker,
    sns,
    sqs,
    stepfunctions,
)
from mlspec.targets.local.engine.providers.contract import Provider

PROVIDERS: Mapping[str, Provider] = {
    **cloudwatch.PROVIDERS,
    **ecr.PROVIDERS,
    **events.PROVIDERS,
    **iam.PROVIDERS,
    **kms.PROVIDERS,
    **lambda_.PROVIDERS,
    **logs.PROVIDERS,
    **s3.PROVIDERS,
    **sagemaker.PROVIDERS,
    **sns.PROVIDERS,
    **sqs.PROVIDERS,
    **stepfunctions.PROVIDERS,
}
