"""ECR: repositories of images, and who may pull from them."""

from collections.abc import Mapping
from typing import Any

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Refused,
    Site,
    attempt,
    dropped_tags,
    put_provider,
    tag_list,
)


def _create(site: Site, inputs: Inputs) -> Made:
    given = {
        "imageTagMutability": inputs.get("imageTagMutability", "MUTABLE"),
        "imageScanningConfiguration": dict(inputs.get("imageScanningConfiguration") or {}),
        "tags": tag_list(inputs),
    }
    if encryption := inputs.get("encryptionConfigurations"):
        given["encryptionConfiguration"] = dict(encryption[0])
    made = site.client("ecr").create_repository(repositoryName=inputs["name"], **given)["repository"]
    return Made(inputs["name"], _outputs(made))


def _update(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client, name = site.client("ecr"), existing.id
    client.put_image_tag_mutability(repositoryName=name, imageTagMutability=inputs.get("imageTagMutability", "MUTABLE"))
    scanning = dict(inputs.get("imageScanningConfiguration") or {"scanOnPush": False})
    client.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=scanning)
    made = _described(site, name)
    assert made is not None, "what was changed a moment ago is there"
    if dropped := dropped_tags(existing, inputs):
        client.untag_resource(resourceArn=made["repositoryArn"], tagKeys=dropped)
    if tags := tag_list(inputs):
        client.tag_resource(resourceArn=made["repositoryArn"], tags=tags)
    return _outputs(made)


def _delete(site: Site, existing: Existing) -> None:
    """A repository goes only when it is empty, or when its program or a person has said that its images go with it."""
    client, force = site.client("ecr"), site.force or bool(existing.inputs.get("forceDelete"))
    images = attempt(client.list_images, repositoryName=existing.id)
    if images and images["imageIds"] and not force:
        raise Refused(
            f"the repository {existing.id} holds {len(images['imageIds'])} images",
            "delete them, or destroy the stack and say yes to losing its images",
        )
    client.delete_repository(repositoryName=existing.id, force=force)


def _find(site: Site, inputs: Inputs) -> str | None:
    return inputs["name"] if _described(site, inputs["name"]) else None


def _read(site: Site, existing: Existing) -> Outputs:
    found = _described(site, existing.id) or {}
    told = {
        "imageTagMutability": found.get("imageTagMutability"),
        "imageScanningConfiguration": found.get("imageScanningConfiguration"),
    }
    return {name: value for name, value in told.items() if name in existing.inputs}


def _described(site: Site, name: str) -> dict[str, Any] | None:
    found = attempt(site.client("ecr").describe_repositories, repositoryNames=[name])
    return found["repositories"][0] if found else None


def _outputs(made: Mapping[str, Any]) -> Outputs:
    return {
        "arn": made["repositoryArn"],
        "registryId": made["registryId"],
        "repositoryUrl": made["repositoryUri"],
    }


def _put_policy(site: Site, inputs: Inputs) -> Made:
    repository = inputs["repository"]
    site.client("ecr").set_repository_policy(repositoryName=repository, policyText=inputs["policy"])
    return Made(repository, {"registryId": site.cloud.account})


def _delete_policy(site: Site, existing: Existing) -> None:
    attempt(site.client("ecr").delete_repository_policy, repositoryName=existing.id)


def _find_policy(site: Site, inputs: Inputs) -> str | None:
    repository = inputs["repository"]
    return repository if attempt(site.client("ecr").get_repository_policy, repositoryName=repository) else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:ecr/repository:Repository": Provider(
        _create, _update, _delete, _find, _read, replace_on=frozenset({"name", "encryptionConfigurations"})
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": put_provider(
        _put_policy, delete=_delete_policy, find=_find_policy, replace_on=frozenset({"repository"})
    ),
}
