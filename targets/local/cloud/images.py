"""Images: what is pushed to ECR is kept, and a function that ships as an image runs what its image holds."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from mlspec.targets.local.cloud.world import World

SHIM = (
    "An image is the package it was built from, as one zip layer; this machine's Python stands in for AWS's base image"
)


class Content(NamedTuple):
    """What an image holds: the zip of its files, and the entry it names."""

    code: bytes
    handler: str


def install(world: World) -> None:
    """Keep the bytes of every layer, of which moto keeps the size alone."""
    from moto.ecr.models import ECRBackend

    plain = ECRBackend.complete_layer_upload

    def complete(
        self: Any, repository_name: str, upload_id: str, layer_digests: list[str], registry_id: str | None = None
    ) -> Any:
        upload = self._get_repository(repository_name, registry_id).uploads.get(upload_id)
        content = bytes(upload.layer_parts) if upload else b""
        answer = plain(self, repository_name, upload_id, layer_digests, registry_id)
        _layer(world, answer["layerDigest"]).write_bytes(content)
        return answer

    _folder(world).mkdir(parents=True, exist_ok=True)
    ECRBackend.complete_layer_upload = complete  # type: ignore[method-assign]


def content_of(world: World, digest: str) -> Content:
    """What the image with that digest (hexadecimal) holds; raises LookupError where no repository has it."""
    manifest = next(
        (image.image_manifest for image in _images(world) if image.image_digest == f"sha256:{digest}"), None
    )
    if manifest is None:
        raise LookupError(f"no repository has an image sha256:{digest}")
    told = json.loads(manifest)
    config = json.loads(_layer(world, told["config"]["digest"]).read_bytes())["config"]
    return Content(_layer(world, told["layers"][0]["digest"]).read_bytes(), config["Cmd"][0])


def _images(world: World) -> list[Any]:
    return [image for repository in world.backend("ecr").repositories.values() for image in repository.images]


def _folder(world: World) -> Path:
    return world.directory / "image-layers"


def _layer(world: World, digest: str) -> Path:
    return _folder(world) / digest.removeprefix("sha256:")
