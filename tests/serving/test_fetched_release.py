"""A function in an image fetches the release that its environment names, and holds it to its digests."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from mlspec.runtime.fetched_release import fetched_release
from mlspec.runtime.serving import Service

BUCKET, RELEASE = "rides-dev-store", "20260101000000-abcdef01"
FILES = ("model.json", "model.onnx", "profile.json")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def environ(s3: Any, unit: Any) -> dict[str, str]:
    """The environment of a version whose release is in the store."""
    files = {name: (unit.folder / "model" / name).read_bytes() for name in FILES}
    for name, content in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"releases/{RELEASE}/model/{name}", Body=content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return {**manifest(s3, digests), "MLSPEC_STORE": BUCKET, "MLSPEC_ENVIRONMENT": "dev"}


def manifest(s3: Any, files: dict[str, str]) -> dict[str, str]:
    """Writes one; what names it."""
    told = {"release": RELEASE, "engine": {"name": "onnx", "why": "the test asks"}, "files": files}
    content = json.dumps(told).encode()
    s3.put_object(Bucket=BUCKET, Key=f"releases/{RELEASE}/serving.json", Body=content)
    return {"MLSPEC_RELEASE": RELEASE, "MLSPEC_RELEASE_DIGEST": hashlib.sha256(content).hexdigest()}


def answer(unit: Any, environ: dict[str, str], row: dict[str, Any]) -> Any:
    return Service(unit.contract, fetched_release(environ), environ)({"records": [row]}, None)


def test_it_answers_as_a_release_in_a_zip_does(unit: Any, environ: dict[str, str], good_row: dict[str, Any]) -> None:
    told = answer(unit, environ, good_row)
    assert told["release"] == RELEASE
    assert told["predictions"] == unit.service()({"records": [good_row]}, None)["predictions"]


def test_without_a_release_it_says_so_and_asks_nobody(unit: Any, good_row: dict[str, Any]) -> None:
    assert answer(unit, {}, good_row) == {"error": "unavailable", "reason": "no release is serving yet"}


@pytest.mark.parametrize("name", [*(f"model/{file}" for file in FILES), "serving.json"])
@pytest.mark.parametrize("change", ["another", "gone"])
def test_what_is_not_what_was_published_is_not_served(
    unit: Any, s3: Any, environ: dict[str, str], good_row: dict[str, Any], lines_of: Callable[[], Any],
    name: str, change: str,
) -> None:  # fmt: skip
    key = f"releases/{RELEASE}/{name}"
    if change == "gone":
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    lines_of()
    assert answer(unit, environ, good_row) == {"error": "unavailable", "reason": "the release cannot be loaded"}
    told = [line["text"] for line in lines_of() if line.get("mlspec") == "release"]
    wanted = "is not in the store" if change == "gone" else "is not the file that the version was published with"
    assert told[0] == f"{key} {wanted}"


@pytest.mark.parametrize("name", ["../handler.py", "/etc/passwd", "a/../../b"])
def test_no_file_leaves_the_folder(
    unit: Any, s3: Any, environ: dict[str, str], good_row: dict[str, Any], tmp_path: Path, name: str
) -> None:
    environ |= manifest(s3, {name: "0" * 64})
    assert answer(unit, environ, good_row)["reason"] == "the release cannot be loaded"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_that_refuses_ends_the_start(environ: dict[str, str]) -> None:
    """The platform starts the function anew; a 503 would stay for as long as the function lives."""
    with pytest.raises(ClientError, match="NoSuchBucket"):
        fetched_release({**environ, "MLSPEC_STORE": "another-bucket"})
