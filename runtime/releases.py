"""What the store says of a release: its record, its verdict, its model, and which release is the champion."""

import time
from typing import Any

from mlspec.runtime.store import Document, Store

CHAMPION = "champion.json"
MODEL_FILES = ("evaluation.json", "model.json", "model.onnx", "profile.json")
EXPLAINER = "explainer.json"  # what each column adds to an answer, where the spec asks for it
COMPILED = "compiled_model.py"  # the model as plain Python, where it can be that


class ReleaseError(Exception):
    """A release may not do what was asked of it."""


def now_text() -> str:
    """The present moment, ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time()))


def model_path(release: str, file: str) -> str:
    """Where a file of the release's model lies."""
    return f"releases/{release}/model/{file}"


def verdict_path(release: str) -> str:
    """Where the gates' verdict on the release lies."""
    return f"releases/{release}/gates.json"


def package_path(release: str) -> str:
    """Where the zip lies that the release's Lambda version runs."""
    return f"releases/{release}/inference.zip"


def manifest_path(release: str) -> str:
    """Where it stands what a function in an image fetches of the release."""
    return f"releases/{release}/serving.json"


def champion(store: Store) -> Document:
    """The champion: release, version and previous; empty where nothing was promoted yet."""
    return store.document(CHAMPION)


def record(store: Store, release: str) -> dict[str, Any]:
    """The release's record; empty where it never came as far as the gates."""
    return store.document(_record_path(release)).content


def note(store: Store, release: str, *, status: str, **facts: Any) -> dict[str, Any]:
    """Set the release's status and facts; the time of a status is that of its first note."""
    before = record(store, release)
    times = {status: now_text(), **before.get("times", {})}
    after = {"version": "", **before, **facts, "release": release, "status": status, "times": times}
    if after != before:
        store.write(_record_path(release), after)
    return after


def _record_path(release: str) -> str:
    return f"releases/{release}/release.json"
