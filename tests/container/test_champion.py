"""What serves in a stack is fetched once, as its store holds it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mlspec.targets.local.release import champion_release
from tests.container.conftest import Example, Running
from tests.container.records import good_records

CLIENT: Callable[[str], Any] = lambda service: boto3.client(service)  # type: ignore[call-overload]  # noqa: E731
BUCKET = "flight-delay-dev-store"


@pytest.fixture
def store(flight_example: Example, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store with one release, as the gate and the rollout leave it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = CLIENT("s3")
        s3.create_bucket(Bucket=BUCKET)
        for path in flight_example.model.iterdir():
            folder = "releases/r1" if path.name == "release.json" else "releases/r1/model"
            s3.put_object(Bucket=BUCKET, Key=f"{folder}/{path.name}", Body=path.read_bytes())
        yield


def test_before_the_first_release_there_is_none(store: None, tmp_path: Path) -> None:
    assert champion_release(CLIENT, BUCKET, tmp_path) is None


def test_the_champion_is_served_from_its_store(store: None, tmp_path: Path, flight_example: Example) -> None:
    s3 = CLIENT("s3")
    s3.put_object(Bucket=BUCKET, Key="champion.json", Body=json.dumps({"release": "r1"}).encode())
    folder = champion_release(CLIENT, BUCKET, tmp_path)
    assert folder is not None
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in flight_example.model.iterdir()
    }
    s3.delete_object(Bucket=BUCKET, Key="releases/r1/model/model.onnx")
    assert champion_release(CLIENT, BUCKET, tmp_path) == folder, "fetched once"
    with flight_example.served(model=folder) as running:
        _asserts_prediction(running)


def _asserts_prediction(running: Running) -> None:
    with running.client() as client:
        assert client.predict({"records": good_records(running.example.checked)}).status == 200
