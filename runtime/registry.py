"""Keeps each release as a version in SageMaker's model registry: where it is, what it scored, whether it may serve."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Registry:
    """`client` is boto3's for SageMaker; `group` is the model package group."""

    client: Any
    group: str

    def register(self, release: str, *, folder: str, package: str) -> str:
        """The ARN of a package for the release: its model lies under `folder`, and there what serves it, `package`."""
        statistics = {"ContentType": "application/json", "S3Uri": f"{folder}/model/evaluation.json"}
        answer = self.client.create_model_package(
            ModelPackageGroupName=self.group,
            ModelPackageDescription=f"Release {release}",
            ModelApprovalStatus="PendingManualApproval",
            ModelMetrics={"ModelQuality": {"Statistics": statistics}},
            CustomerMetadataProperties={"release": release, "package": f"{folder}/{package}"},
            ClientToken=release,
        )
        return str(answer["ModelPackageArn"])

    def decide(self, package: str, *, approved: bool, why: str) -> None:
        """Say in the registry whether the release may serve."""
        status = "Approved" if approved else "Rejected"
        self.client.update_model_package(
            ModelPackageArn=package, ModelApprovalStatus=status, ApprovalDescription=why[:1024]
        )
