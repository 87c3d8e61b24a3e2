"""A built package pushed to an ECR repository as an image, through ECR's own calls: no Docker engine is needed.

The image is one layer, the package's zip, and a configuration that names its entry. On the mocked cloud that is all an
image is: the base that AWS's Dockerfile stands on is the machine's own Python.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html"""

import hashlib
import json
from pathlib import Path
from typing import Any

from mlspec.targets.local.engine.providers.contract import attempt

LAYER = "application/zip"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_HANDLER = "handler.handler"


def push_image(client: Any, uri: str, package: Path) -> None:
    """Make `uri` (`<repository's URL>:<tag>`) there, with `package` as its content.

    A tag that is there already is left: tags name digests and are immutable. What a killed push left is used again."""
    url, _, tag = uri.rpartition(":")
    repository = url.partition("/")[2]
    if attempt(client.describe_images, repositoryName=repository, imageIds=[{"imageTag": tag}]):
        return
    config = json.dumps({"os": "linux", "config": {"Cmd": [_HANDLER], "WorkingDir": "/var/task"}}).encode()
    layers = [_blob(client, repository, package.read_bytes(), kind=LAYER)]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _blob(client, repository, config, kind=_CONFIG),
            "layers": layers,
        }
    )
    client.put_image(
        repositoryName=repository,
        imageManifest=manifest,
        imageManifestMediaType=_MANIFEST,
        imageTag=tag,
        imageDigest=f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}",
    )


def _blob(client: Any, repository: str, content: bytes, *, kind: str) -> dict[str, Any]:
    """The manifest's entry for `content`, uploaded unless it is there."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    known = client.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest])["layers"]
    if not any(layer["layerAvailability"] == "AVAILABLE" for layer in known):
        _upload(client, repository, content, digest=digest)
    return {"mediaType": kind, "digest": digest, "size": len(content)}


def _upload(client: Any, repository: str, content: bytes, *, digest: str) -> None:
    begun = client.initiate_layer_upload(repositoryName=repository)
    upload, part = {"repositoryName": repository, "uploadId": begun["uploadId"]}, begun["partSize"]
    for start in range(0, len(content), part):
        piece = content[start : start + part]
        last = start + len(piece) - 1
        client.upload_layer_part(**upload, partFirstByte=start, partLastByte=last, layerPartBlob=piece)
    client.complete_layer_upload(**upload, layerDigests=[digest])
