"""A release that passed its gates published as a version of the function, in the form that the function ships in."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mlspec.runtime import releases
from mlspec.runtime.fetched_release import DIGEST, RELEASE
from mlspec.runtime.packages import bytecode_of, with_model
from mlspec.runtime.releases import ReleaseError
from mlspec.runtime.store import Store
from mlspec.runtime.stored_release import store_release
from mlspec.runtime.surroundings import Surroundings

# What a version of the function needs of a release, by the engine that answers.
_SHIPPED = {
    "onnx": ("model.json", "model.onnx", "profile.json"),
    "compiled": (releases.COMPILED, "model.json", "profile.json"),
}


def _shipped(verdict: Mapping[str, Any], engine: str) -> tuple[str, ...]:
    """With what explains the answers, where the gates have seen it."""
    return (*_SHIPPED[engine], *((releases.EXPLAINER,) if releases.EXPLAINER in verdict.get("files", {}) else ()))


def published(release: str, engine: Mapping[str, Any], around: Surroundings) -> str:
    """A version that runs the release: out of a zip of its own, or fetched by the image that all versions share."""
    store = around.store
    if around.image:
        names = _shipped(store.document(releases.verdict_path(release)).content, engine["name"])
        digest = store_release(store, release, names, engine=engine)
        return around.traffic.publish_naming({RELEASE: release, DIGEST: digest})
    base = around.compiled_base if engine["name"] == "compiled" else around.base
    package = with_model(store.read_bytes(base), _judged_model(store, release, engine))
    store.write_bytes(releases.package_path(release), package)
    return around.traffic.publish(releases.package_path(release), bucket=store.bucket, content=package)


def runs(release: str, version: str, around: Surroundings) -> bool:
    """Whether the version is there, and is one of the release."""
    if around.image:
        return around.traffic.names(version, {RELEASE: release})
    return around.traffic.runs(version, around.store.digest(releases.package_path(release)))


def engine_of(known: Mapping[str, Any], around: Surroundings) -> Mapping[str, Any]:
    """What the gates wrote down; ONNX Runtime, which answers any model, where the stack has no package for that."""
    engine: Mapping[str, Any] = known.get("engine", {"name": "onnx", "why": "no other was measured"})
    if engine["name"] == "compiled" and not (around.compiled_base or around.image):
        return {**engine, "name": "onnx", "why": "the stack has no package without ONNX Runtime"}
    return engine


def _judged_model(store: Store, release: str, engine: Mapping[str, Any]) -> dict[str, bytes]:
    """The very files that the gates judged, and passed; raises ReleaseError for any other."""
    verdict = store.document(releases.verdict_path(release)).content
    if verdict.get("passed") is not True or verdict.get("release") != release:
        raise ReleaseError(f"release {release} did not pass its gates: it may not serve")
    model = {name: store.read_bytes(releases.model_path(release, name)) for name in _shipped(verdict, engine["name"])}
    for name, content in model.items():
        if hashlib.sha256(content).hexdigest() != verdict["files"][name]:
            raise ReleaseError(f"{name} of release {release} is not the file that the gates judged")
    record = {"release": release, "engine": {"name": engine["name"], "why": engine["why"]}}
    return {**model, **bytecode_of(model), "release.json": json.dumps(record).encode()}
