"""Lines for those who run the server: buffered, written to standard output by a thread, whole whoever else writes."""

import os
import threading
from queue import SimpleQueue

try:
    import fcntl
except ImportError:  # a system without them has one worker
    fcntl = None  # type: ignore[assignment]

_MOST_BYTES = 32 * 2**20  # waiting to be written: beyond it a stuck reader costs lines, not memory


class LogWriter:
    """Takes lines at any time and never waits; `close` writes what is left.

    `lock` is a file descriptor that all workers share: a long write to a pipe may be cut in two by another's."""

    def __init__(self, lock: int | None, output: int = 1) -> None:
        self._output = output
        self._lock = lock if fcntl is not None else None
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._given = 0  # bytes; each of the two is written by one thread alone
        self._taken = 0
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, lines: list[bytes]) -> None:
        """Have these lines written; each ends in a line feed."""
        text = b"".join(lines)
        if self._given - self._taken + len(text) > _MOST_BYTES:
            self.lost += len(lines)
        elif text:
            self._given += len(text)
            self._queue.put(text)

    def close(self, seconds: float) -> None:
        """Write what waits, for at most so long."""
        self._queue.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (text := self._queue.get()) is not None:
            try:
                self._write(text)
            except OSError:  # nobody reads any more
                self.lost += text.count(b"\n")
            self._taken += len(text)

    def _write(self, text: bytes) -> None:
        if self._lock is not None:
            fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            rest = memoryview(text)
            while rest:
                rest = rest[os.write(self._output, rest) :]
        finally:
            if self._lock is not None:
                fcntl.lockf(self._lock, fcntl.LOCK_UN)


def shared_lock() -> int | None:
    """A descriptor to lock, of no file on any disk; None where the system has no such thing."""
    return os.memfd_create("log-lock") if hasattr(os, "memfd_create") else None
