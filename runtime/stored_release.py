"""A release that passed its gates turned into a manifest in the store: what a function in an image fetches and checks.

`releases/<release>/serving.json` is `{"release", "engine": {"name", "why"}, "files": {name: SHA-256}}`.
The digest of its bytes stands in the version's environment: it can run this release, and no other."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlspec.runtime import releases
from mlspec.runtime.packages import bytecode_of
from mlspec.runtime.releases import COMPILED, ReleaseError
from mlspec.runtime.store import Store


def store_release(store: Store, release: str, names: Sequence[str], *, engine: Mapping[str, Any]) -> str:
    """Write the manifest of the files `names` of the release's model, and the bytecode of what is Python.

    Its digest; raises ReleaseError for a release that did not pass, or files that are not those that were judged."""
    verdict = store.document(releases.verdict_path(release)).content
    if verdict.get("passed") is not True or verdict.get("release") != release:
        raise ReleaseError(f"release {release} did not pass its gates: it may not serve")
    files = {name: _judged(store, release, name, digest=verdict["files"][name]) for name in names}
    told = {"name": engine["name"], "why": engine["why"]}
    manifest = {"release": release, "engine": told, "files": {**files, **_bytecode(store, release, names)}}
    content = json.dumps(manifest, sort_keys=True).encode()
    store.write_bytes(releases.manifest_path(release), content)
    return hashlib.sha256(content).hexdigest()


def _judged(store: Store, release: str, name: str, *, digest: str) -> str:
    if store.digest(releases.model_path(release, name)) != digest:
        raise ReleaseError(f"{name} of release {release} is not the file that the gates judged")
    return digest


def _bytecode(store: Store, release: str, names: Sequence[str]) -> dict[str, str]:
    """Digests of the .pyc that lie beside the model from now on."""
    sources = {name: store.read_bytes(releases.model_path(release, name)) for name in names if name == COMPILED}
    compiled = bytecode_of(sources)
    for name, content in compiled.items():
        store.write_bytes(releases.model_path(release, name), content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in compiled.items()}
