"""What all connections of one worker share, and where they leave what they did: counters, access log, telemetry."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count

from mlspec.runtime.http_connection import Connection
from mlspec.runtime.http_counters import Counters
from mlspec.runtime.http_head import Head, Route
from mlspec.runtime.http_log import LogWriter
from mlspec.runtime.http_model import Asked, Seen
from mlspec.runtime.http_queue import LATE, Queue
from mlspec.runtime.http_replies import Heads
from mlspec.runtime.http_settings import Limits
from mlspec.runtime.http_telemetry import ServerTelemetry
from mlspec.runtime.payload import Outcome

_LINES = 512  # of the access log that are kept before they are written
_LAST_SECONDS = 1.0
_NOWHERE = Head(Route("other"), b'"method":"","path":""', 0, keep_alive=False)


class Site:
    """One worker's share of the server; `now` is the loop's time at the last sweep."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits, counters: Counters, log: LogWriter) -> None:
        self.loop = loop
        self.limits = limits
        self.counters = counters
        self.log = log
        self.heads = Heads()
        self.routes: dict[bytes, Route] = {}
        self.known: dict[bytes, Head] = {}
        self.connections: set[Connection] = set()
        self.queue = Queue(loop, limits.deadline, self._served)
        self.telemetry: ServerTelemetry | None = None
        self.access_log = True
        self.held = 0
        self.draining = False
        self._drain_since = 0.0
        self.now = loop.time()
        self._lines: list[bytes] = []
        self._failures = count(1)
        self._epoch = time.time() - time.perf_counter()

    def ask(self, connection: Connection, head: Head, body: bytes) -> None:
        """Have rows predicted; without waiting where too many do."""
        if not self.queue.ask(connection, head, body):
            connection.take(head, LATE)
            self.counters.add("shed")
            self.note(head, LATE.status, len(body), len(LATE.body))

    def drain(self) -> None:
        """From now on every answer is a connection's last."""
        self.draining, self._drain_since = True, self.loop.time()

    def closing(self, now: float) -> bool:
        """Whether those who ask nothing are to go: not at once, their next request may be on its way."""
        return self.draining and now - self._drain_since > _LAST_SECONDS

    def note(self, head: Head | None, status: int, received: int, sent: int) -> None:
        """Log and count an answer that is no prediction."""
        head = head or _NOWHERE
        self.counters.answered(head.route.name, status)
        if head.route.protocol and self.telemetry is not None:
            self.telemetry.answered(status)
            self.telemetry.predicted(0, [0.0])
        if self.access_log:
            self._line(time.time(), head, (status, 0.0, 0, received, sent))

    def count_connections(self) -> None:
        self.counters.put("connections", len(self.connections))

    def report(self, kind: str, text: str) -> str:
        """A line for those who run the server, no caller sees it; the id under which it can be found."""
        from msgspec.json import encode

        request = f"{os.getpid()}-{next(self._failures)}"
        self.log.write([encode({"mlspec": kind, "request": request, "text": text}) + b"\n"])
        return request

    def write_lines(self) -> None:
        """Hand on what has been logged since the last time."""
        if self._lines:
            lines, self._lines = self._lines, []
            self.log.write(lines)
        if self.log.lost:
            self.counters.add("lost_log_lines", self.log.lost)
            self.log.lost = 0

    def write_telemetry(self) -> None:
        """Write the metrics and the histograms of what was served since the last time."""
        if self.telemetry is not None:
            self.log.write([line.encode() + b"\n" for line in self.telemetry.lines(time.time())])

    def _served(self, lot: Sequence[Asked], outcomes: Sequence[Outcome], seen: Sequence[Seen], now: float) -> None:
        """One lot has its answers: what of it is counted."""
        counters, telemetry = self.counters, self.telemetry
        times = [now - since for _, _, _, since in lot]
        rows = sum([outcome.rows for outcome in outcomes])
        told = [(asked[0].route.name, outcome.status) for asked, outcome in zip(lot, outcomes, strict=True)]
        for (route, status), times_told in Counter(told).items():
            counters.answered(route, status, times_told)
            if telemetry is not None:
                telemetry.answered(status, times_told)
        counters.took(times)
        counters.add("rows", rows)
        counters.add("batches")
        if telemetry is not None:
            telemetry.predicted(rows, times)
            for one in seen:
                telemetry.seen(one)
        if self.access_log:
            for (head, body, _, _), outcome, took in zip(lot, outcomes, times, strict=True):
                self._line(self._epoch + now, head, (outcome.status, took, outcome.rows, len(body), len(outcome.body)))

    def _line(self, now: float, head: Head, told: tuple[int, float, int, int, int]) -> None:
        status, seconds, rows, received, sent = told
        self._lines.append(
            b'{"mlspec":"access","time":%d,%b,"status":%d,"ms":%.3f,"rows":%d,"in":%d,"out":%d}\n'
            % (now * 1000, head.words, status, seconds * 1000, rows, received, sent)
        )
        if len(self._lines) >= _LINES:
            self.write_lines()
