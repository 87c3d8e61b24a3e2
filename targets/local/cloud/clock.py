"""The cloud's clock: the machine's, until it is moved; then everything in the process sees the moved one."""

import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import time_machine

_PATIENCE = 0.1  # not everything that ends an execution tells of it


class Clock:
    """Time that can be moved; `offset` (seconds ahead of the machine) is kept in a file that subprocesses read."""

    def __init__(self, offset_file: Path) -> None:
        self.offset_file = offset_file
        self.offset_file.write_bytes(bytes(8))
        self.offset = 0.0
        self.moved = threading.Condition()
        self._travel: time_machine.travel | None = None

    def now(self) -> datetime:
        """The cloud's time."""
        return datetime.now(UTC)

    def set(self, to: datetime) -> None:
        """Make it `to`, and wake everything that waits on this clock."""
        with self.moved:
            if self._travel is not None:
                self._travel.stop()
            self.offset = to.timestamp() - time.time()  # the machine's own, now that no travel is on
            self._travel = time_machine.travel(to, tick=True)
            self._travel.start()
            self._write()
            self.moved.notify_all()

    def wait_until(self, moment: datetime, *, wanted: Callable[[], bool]) -> None:
        """Return when the clock has reached `moment`, or `wanted` holds no more; who changes that notifies `moved`."""
        with self.moved:
            while wanted() and (left := (moment - self.now()).total_seconds()) > 0:
                self.moved.wait(min(left, _PATIENCE))

    def _write(self) -> None:
        with self.offset_file.open("r+b") as held:
            held.write(struct.pack("d", self.offset))
