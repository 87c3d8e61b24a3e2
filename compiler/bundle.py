"""The bundle: what the compiler makes, path by path, with one digest over all of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Bundle:
    """Files by path from the bundle's root, '/'-separated; equal files mean an equal digest, in any order."""

    files: Mapping[str, bytes]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every path and every file's own SHA-256, in path order, as hex."""
        return digest_of(self.files)


def digest_of(files: Mapping[str, bytes]) -> str:
    """One SHA-256 over a set of files, as hex."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return total.hexdigest()
