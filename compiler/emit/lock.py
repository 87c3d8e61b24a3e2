"""Turns what a bundle was made of into mlspec.lock: digests, versions, the spec and the place of each value."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlspec import __version__
from mlspec.compiler.encoding import pretty
from mlspec.compiler.entries import FORMAT
from mlspec.compiler.graph import Graph
from mlspec.compiler.vendor import unit_digests
from mlspec.specs.render import diagnostic_entries

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked


def lock(graph: Graph, files: Mapping[str, bytes], checked: "Checked") -> bytes:
    """The lock over `files`, which are all of the bundle but itself."""
    document = {
        "format": FORMAT,
        "mlspec": __version__,
        "spec": checked.resolved,
        "origins": {
            path: str(origin) for path, origin in checked.origins.by_path.items() if origin.span or origin.text
        },
        "sources": {name: _digest(text.encode()) for name, text in checked.texts.items()},
        "warnings": diagnostic_entries(checked.warnings),
        "units": unit_digests(graph.units),
        "files": {path: _digest(held) for path, held in files.items()},
    }
    return pretty(document)


def _digest(held: bytes) -> str:
    return hashlib.sha256(held).hexdigest()
