"""A profile, lines of a function's log, and a store and logs that hold them, as plain objects."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z
DAY = 86_400_000
RELEASE = "20251201000000-abcdef01"
PROFILE = {
    "format": 1,
    "digest": "0123456789ab",
    "rows": 1000,
    "columns": {
        "km": {"kind": "numeric", "edges": [1.0, 2.0], "counts": [300, 400, 300], "nulls": 0},
        "city": {"kind": "category", "values": ["oslo", "rome"], "counts": [500, 500, 0], "nulls": 0},
        "temp": {"kind": "numeric", "edges": [0.0], "counts": [450, 450], "nulls": 100},
    },
    "prediction": {"kind": "numeric", "edges": [0.5], "counts": [600, 400], "nulls": 0},
    "importance": ["city", "km", "temp"],
}
ENVIRON = {
    "MLSPEC_MODEL": "rides",
    "MLSPEC_ENVIRONMENT": "dev",
    "MLSPEC_STORE": "store",
    "MLSPEC_LOG_GROUP": "/aws/lambda/rides-dev-inference",
}


def line(age: int, **changes: Any) -> str:
    """A histogram line like the profile, of 1000 rows, that was written `age` ms ago."""
    counts = {
        "km": {"counts": [300, 400, 300], "nulls": 0},
        "city": {"counts": [500, 500, 0], "nulls": 0},
        "temp": {"counts": [450, 450], "nulls": 100},
    }
    entry = {
        "mlspec": "histogram",
        "model": "rides",
        "environment": "dev",
        "version": "3",
        "release": RELEASE,
        "profile": PROFILE["digest"],
        "from": NOW - age - 1000,
        "to": NOW - age,
        "rows": 1000,
        "columns": {**counts, **changes.pop("columns", {})},
        "prediction": {"counts": [600, 400]},
    }
    return json.dumps({**entry, **changes})


class NoSuchKey(Exception):
    """What S3 answers for an object that is not there."""


class Store:
    """An S3 client of one bucket, and a logs client of one group that gives two events a page."""

    class exceptions:  # noqa: N801
        """As boto3 has it."""

        NoSuchKey = NoSuchKey

    def __init__(self, objects: dict[str, Any], messages: Sequence[str]) -> None:
        self.objects = objects
        self.messages = messages
        self.asked: list[dict[str, Any]] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Bucket != "store" or Key not in self.objects:
            raise NoSuchKey(Key)
        return {"Body": io.BytesIO(json.dumps(self.objects[Key]).encode())}

    def filter_log_events(self, *, nextToken: str = "0", **arguments: Any) -> dict[str, Any]:  # noqa: N803
        self.asked.append(arguments)
        start = int(nextToken)
        page = {"events": [{"message": message} for message in self.messages[start : start + 2]]}
        return {**page, "nextToken": str(start + 2)} if start + 2 < len(self.messages) else page


@pytest.fixture
def objects() -> dict[str, Any]:
    """The store of a stack whose champion has a profile."""
    champion = {"release": RELEASE, "version": "3", "previous": None}
    return {"champion.json": champion, f"releases/{RELEASE}/model/profile.json": PROFILE}


@pytest.fixture
def make_line() -> Callable[..., str]:
    return line


@pytest.fixture
def make_store(objects: dict[str, Any]) -> Callable[..., Store]:
    return lambda *messages: Store(objects, messages)
