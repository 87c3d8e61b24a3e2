"""Small things moto lacks: deletes of model packages and of their groups."""

from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "Model packages and their groups can be deleted, whether or not something still uses them"


def install(world: World) -> None:
    """Fill them."""
    _model_packages()


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
