"""The records of a running apply: every change is in the journal before anything else happens."""

import threading
from collections.abc import Mapping
from typing import Any

from mlspec.targets.local.engine.state_journal import Journal

Record = dict[str, Any]


class Ledger:
    """Records by logical name, kept in step with the journal."""

    def __init__(self, records: Mapping[str, Record], journal: Journal) -> None:
        self._records = dict(records)
        self._journal = journal
        self._lock = threading.Lock()

    def get(self, name: str) -> Record | None:
        """The record of that name."""
        with self._lock:
            return self._records.get(name)

    def all(self) -> dict[str, Record]:
        """All records, by name, sorted."""
        with self._lock:
            return dict(sorted(self._records.items()))

    def intend(self, record: Record) -> None:
        """Something is about to be done to `record`'s resource: until `done`, nobody knows what is there."""
        self.write({record["name"]: {**record, "status": "pending"}})

    def done(self, record: Record) -> None:
        """It was done."""
        self.write({record["name"]: {**record, "status": "done"}})

    def drop(self, name: str) -> None:
        """The resource is gone."""
        self.write({}, drop=(name,))

    def write(self, put: Mapping[str, Record], *, drop: tuple[str, ...] = ()) -> None:
        """Several at once: all of it is recorded, or nothing."""
        self._journal.note(put, drop=drop)
        with self._lock:
            self._records.update(put)
            for name in drop:
                self._records.pop(name, None)

    def refresh(self, record: Record) -> bool:
        """Take over what changed in a record though nothing was done in the cloud; says whether anything did."""
        with self._lock:
            moved = self._records.get(record["name"]) != record
        if moved:
            self.done(record)
        return moved
