"""A package becomes an image of its repository, once, whatever was interrupted, and goes only with consent."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from mlspec.targets.local.engine.images import push_image
from mlspec.targets.local.engine.providers.contract import Existing, Refused, Site
from mlspec.targets.local.engine.providers.table import PROVIDERS

REPOSITORY = PROVIDERS["aws:ecr/repository:Repository"]
INPUTS = {"name": "demo-images", "imageTagMutability": "IMMUTABLE", "tags": {"owner": "ops"}}


@pytest.fixture
def site(cloud: Any) -> Site:
    return Site(cloud, "urn:pulumi:dev::demo::aws:ecr/repository:Repository::images")


@pytest.fixture
def url(site: Site) -> str:
    return str(REPOSITORY.create(site, INPUTS).outputs["repositoryUrl"])


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Larger than one part of an upload."""
    path = tmp_path / "inference.zip"
    path.write_bytes(b"zip" * 8_000_000)
    return path


def images(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.client("ecr").describe_images(repositoryName="demo-images")["imageDetails"]
    return found


def manifest(site: Site, tag: str) -> dict[str, Any]:
    asked = [{"imageTag": tag}]
    (image,) = site.client("ecr").batch_get_image(repositoryName="demo-images", imageIds=asked)["images"]
    content: dict[str, Any] = json.loads(image["imageManifest"])
    return content


def test_an_image_is_its_package_by_digest(site: Site, url: str, package: Path) -> None:
    push_image(site.client("ecr"), f"{url}:abc", package)
    (layer,) = manifest(site, "abc")["layers"]
    assert layer["digest"] == f"sha256:{hashlib.sha256(package.read_bytes()).hexdigest()}"
    assert layer["size"] == package.stat().st_size


def test_a_second_push_changes_nothing(site: Site, url: str, package: Path) -> None:
    push_image(site.client("ecr"), f"{url}:abc", package)
    before = images(site)
    package.unlink()  # what is there needs no package
    push_image(site.client("ecr"), f"{url}:abc", package)
    assert images(site) == before


class Interrupted(Exception):
    """The push ended here."""


class Failing:
    """ECR's client until a call is made that it fails."""

    def __init__(self, client: Any, call: str) -> None:
        self._client, self._call = client, call

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            raise Interrupted
        return getattr(self._client, name)


@pytest.mark.parametrize("call", ["upload_layer_part", "complete_layer_upload", "put_image"])
def test_a_push_that_ended_halfway_is_finished_by_the_next(site: Site, url: str, package: Path, call: str) -> None:
    with pytest.raises(Interrupted):
        push_image(Failing(site.client("ecr"), call), f"{url}:abc", package)
    assert images(site) == []
    push_image(site.client("ecr"), f"{url}:abc", package)
    assert [image["imageTags"] for image in images(site)] == [["abc"]]


def test_a_repository_with_images_goes_only_with_consent(site: Site, url: str, package: Path) -> None:
    push_image(site.client("ecr"), f"{url}:abc", package)
    existing = Existing("demo-images", INPUTS)
    with pytest.raises(Refused, match="holds 1 images"):
        REPOSITORY.delete(site, existing)
    REPOSITORY.delete(Site(site.cloud, site.urn, force=True), existing)
    assert REPOSITORY.find(site, INPUTS) is None


def test_or_when_its_program_says_so(site: Site, url: str, package: Path) -> None:
    push_image(site.client("ecr"), f"{url}:abc", package)
    REPOSITORY.delete(site, Existing("demo-images", {**INPUTS, "forceDelete": True}))
    assert REPOSITORY.find(site, INPUTS) is None


def test_a_repository_is_changed_in_place(site: Site, url: str) -> None:
    changed = {
        **INPUTS,
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "tags": {},
    }
    REPOSITORY.update(site, Existing("demo-images", INPUTS), changed)
    (found,) = site.client("ecr").describe_repositories(repositoryNames=["demo-images"])["repositories"]
    assert (found["imageTagMutability"], found["imageScanningConfiguration"]["scanOnPush"]) == ("MUTABLE", True)
    assert site.client("ecr").list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"] == []
