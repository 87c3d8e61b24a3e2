"""Small things moto lacks: policies with conditions, deletes of model packages, error answers for Lambda URLs."""

import json
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "Bucket policy statements with conditions are skipped: loopback has no TLS for a TLS-only rule to see"


def install(world: World) -> None:
    """Fill them."""
    _conditions()
    _model_packages()


def _conditions() -> None:
    from moto.s3.models import FakeBucket

    plain = FakeBucket.get_permission

    def permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return plain(self, action, resource)
        held, document = self.policy, json.loads(self.policy)
        kept = [statement for statement in document["Statement"] if "Condition" not in statement]
        self.policy = json.dumps({**document, "Statement": kept}).encode() if kept else None
        try:
            return plain(self, action, resource)
        finally:
            self.policy = held

    FakeBucket.get_permission = permission  # type: ignore[method-assign]


def _model_packages() -> None:
    from moto.core.responses import EmptyResult
    from moto.sagemaker.responses import SageMakerResponse

    def delete_group(self: Any) -> Any:
        self.sagemaker_backend.model_package_groups.pop(self._get_param("ModelPackageGroupName"), None)
        return EmptyResult()

    def delete_package(self: Any) -> Any:
        backend, arn = self.sagemaker_backend, self._get_param("ModelPackageName")
        backend.model_packages.pop(backend.model_package_name_mapping.get(arn, arn), None)
        return EmptyResult()

    lacking: Any = SageMakerResponse
    lacking.delete_model_package_group = delete_group
    lacking.delete_model_package = delete_package
