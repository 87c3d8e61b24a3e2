"""Counts what runs in the cloud right now, so that a rehearsal can wait for rest instead of sleeping."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Activity:
    """How many of each kind of thing run; whoever asks is woken when one ends."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def of(self, kind: str) -> Iterator[None]:
        """One thing of `kind` runs inside."""
        self.begin(kind)
        try:
            yield
        finally:
            self.end(kind)

    def begin(self, kind: str) -> None:
        """One more of `kind`."""
        with self._changed:
            self._counts[kind] += 1

    def end(self, kind: str) -> None:
        """One less of `kind`."""
        with self._changed:
            self._counts[kind] -= 1
            self._changed.notify_all()

    def counts(self) -> dict[str, int]:
        """What runs now."""
        with self._changed:
            return {kind: count for kind, count in self._counts.items() if count}

    def background(self, kind: str, work: Callable[[], None]) -> None:
        """Do `work` on a thread of its own, counted from now until it ends."""
        self.begin(kind)

        def run() -> None:
            try:
                work()
            finally:
                self.end(kind)

        threading.Thread(target=run, daemon=True, name=kind).start()

    def settle(self, resting: Callable[[], bool], *, timeout: float) -> bool:
        """Wait until nothing counted runs and `resting` holds, twice in a row; False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        calm = 0
        while time.monotonic() < deadline:
            calm = calm + 1 if not self.counts() and resting() else 0
            if calm == 2:
                return True
            if not calm:  # the second look, at once, sees what began between the two questions of the first
                with self._changed:
                    self._changed.wait(0.01)
        return False
