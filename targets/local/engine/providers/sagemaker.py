"""SageMaker's model package groups: the registry of a stack's models."""

from collections.abc import Mapping

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Refused,
    Site,
    attempt,
    pick,
    tag_list,
)

_GROUP = {
    "modelPackageGroupName": "ModelPackageGroupName",
    "modelPackageGroupDescription": "ModelPackageGroupDescription",
}


def _create(site: Site, inputs: Inputs) -> Made:
    made = site.client("sagemaker").create_model_package_group(Tags=tag_list(inputs), **pick(inputs, _GROUP))
    return Made(inputs["modelPackageGroupName"], {"arn": made["ModelPackageGroupArn"]})


def _update(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client = site.client("sagemaker")
    arn = client.describe_model_package_group(ModelPackageGroupName=existing.id)["ModelPackageGroupArn"]
    if tags := tag_list(inputs):
        client.add_tags(ResourceArn=arn, Tags=tags)
    return {"arn": arn}


def _delete(site: Site, existing: Existing) -> None:
    """A group goes only when it is empty; its packages were registered at run time, so no program deletes them."""
    client = site.client("sagemaker")
    if _find(site, existing.inputs) is None:
        return
    packages = [
        package["ModelPackageArn"]
        for page in client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=existing.id)
        for package in page["ModelPackageSummaryList"]
    ]
    if packages and not site.force:
        raise Refused(
            f"the model package group {existing.id} holds {len(packages)} model packages",
            "delete them, or destroy the stack and say yes to losing its models",
        )
    for package in packages:
        client.delete_model_package(ModelPackageName=package)
    client.delete_model_package_group(ModelPackageGroupName=existing.id)


def _find(site: Site, inputs: Inputs) -> str | None:
    name = inputs["modelPackageGroupName"]
    found = attempt(site.client("sagemaker").describe_model_package_group, ModelPackageGroupName=name)
    return name if found else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": Provider(
        _create,
        _update,
        _delete,
        _find,
        replace_on=frozenset({"modelPackageGroupName", "modelPackageGroupDescription"}),
    ),
}
