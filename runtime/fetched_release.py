"""The release that a version's environment names, fetched from the store when the function starts, and checked.

`MLSPEC_RELEASE` names it and `MLSPEC_RELEASE_DIGEST` is the SHA-256 of its manifest (stored_release.py), which has the
digest of every file."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mlspec.runtime.emf import write_line

RELEASE, DIGEST = "MLSPEC_RELEASE", "MLSPEC_RELEASE_DIGEST"
_MISSING = ("NoSuchKey", "404")


class _Damaged(Exception):
    """The store does not hold what the version was published with."""


def fetched_release(environ: Mapping[str, str]) -> str:
    """The folder of the release; no folder where the environment names none, an empty one where it is damaged.

    What may be over at the next try (the network, the store) is raised: the platform then starts anew."""
    home = Path(tempfile.mkdtemp(prefix="release-"))
    folder = home / "model"
    if not environ.get(RELEASE):
        return str(folder)
    folder.mkdir()
    try:
        _fetch(environ, folder)
    except _Damaged as error:
        write_line(json.dumps({"mlspec": "release", "request": "", "text": str(error)}))
        shutil.rmtree(folder)
        folder.mkdir()
    return str(folder)


def _fetch(environ: Mapping[str, str], folder: Path) -> None:
    import boto3  # late: a version without a release needs none of it

    source = _Source(boto3.client("s3"), environ["MLSPEC_STORE"], f"releases/{environ[RELEASE]}")
    manifest = folder / "release.json"
    source.fetch("serving.json", manifest, digest=environ[DIGEST])
    files: dict[str, str] = json.loads(manifest.read_bytes())["files"]
    for name, digest in sorted(files.items()):
        source.fetch(f"model/{name}", _inside(folder, name), digest=digest)


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise _Damaged(f"{name!r} is no file of a release")
    return folder / path


class _Source:
    """A release's objects; `client` is boto3's for S3."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def fetch(self, name: str, target: Path, *, digest: str) -> None:
        """Write the object to `target`, and hold it to its SHA-256; nothing of it is kept in memory."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._client.download_file(self._bucket, f"{self._prefix}/{name}", str(target))
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise _Damaged(f"{self._prefix}/{name} is not in the store") from error
            raise
        with target.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise _Damaged(f"{self._prefix}/{name} is not the file that the version was published with")
