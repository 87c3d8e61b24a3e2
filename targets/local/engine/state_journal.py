"""The journal of an apply: what is about to be done and what was done, one line each, on disk before going on."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Journal:
    """Lines of records put in and names dropped; the first line is the header of the state they lead to.

    Nothing is written before the first change, so an apply without changes leaves no trace."""

    def __init__(self, path: Path, header: Document, *, write: Callable[[int, bytes], int] = os.write) -> None:
        self._path = path
        self._header = header
        self._write = write
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self.begun = False

    def note(self, put: Mapping[str, Document], *, drop: Iterable[str] = ()) -> None:
        """Append one line and wait until it is on disk; raises OSError, and then nothing of it counts."""
        with self._lock:
            if self._descriptor is None:
                self._begin()
            self._append({"put": dict(put), "drop": sorted(drop)})

    def close(self) -> None:
        """Let go of the file, which stays."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _begin(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            self._append({"begin": self._header})
        except OSError:
            os.close(self._descriptor)
            self._descriptor = None
            raise
        self.begun = True

    def _append(self, entry: Document) -> None:
        descriptor = self._descriptor
        if descriptor is None:
            raise ValueError("the journal is closed")
        end = os.fstat(descriptor).st_size
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        try:
            while line:
                line = line[self._write(descriptor, line) :]
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):  # half a line must not stand before the next one
                os.ftruncate(descriptor, end)
            raise


def replay(snapshot: Document | None, path: Path) -> Document | None:
    """The snapshot with the journal's changes; a journal that led to this snapshot, or an older one, counts no more."""
    entries = _entries(path)
    serial = snapshot["serial"] if snapshot is not None else 0
    if not entries or "begin" not in entries[0] or entries[0]["begin"]["serial"] <= serial:
        return snapshot
    document: Document = {**entries[0]["begin"], "complete": False}
    resources = dict(document["resources"])
    for entry in entries[1:]:
        for name in entry["drop"]:
            resources.pop(name, None)
        resources.update(entry["put"])
    return {**document, "resources": resources}


def _entries(path: Path) -> list[Document]:
    """Every whole line; the last one may have been cut off by a kill."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    entries = []
    for line in content.split(b"\n")[:-1]:
        try:
            entries.append(json.loads(line))
        except ValueError:
            break
    return entries
