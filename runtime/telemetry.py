"""Requests that were answered, turned into two log lines now and then: metrics, and histograms of what was served."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from msgspec.json import encode

from mlspec.runtime.emf import MOST_VALUES, Metric, emf_line, write_line
from mlspec.runtime.engines import Scores

MOST_ROWS = 256
MOST_SECONDS = 10.0


class Histograms(Protocol):
    """Counts of what was served: with NumPy or without (runtime/histograms.py, runtime/plain_histograms.py).

    `most` is how many rows may be added before `take`."""

    most: int

    def add(self, rows: bytes, scores: Scores) -> None:
        """Keep rows and what was answered, until `take`."""

    def take(self) -> dict[str, Any]:
        """The counts since the last time, in the shape of a histogram line: `rows`, `columns`, `prediction`."""


class Identity(NamedTuple):
    """What the lines are about: `version` is the function's, `profile` the digest of the release's profile."""

    model: str
    environment: str
    version: str
    release: str = ""
    profile: str = ""


class Served(NamedTuple):
    """One request: when, HTTP status, milliseconds, and how many rows were predicted."""

    stamp: float
    status: int
    latency: float
    rows: int


class Telemetry:
    """Collects requests and writes lines when there are enough of them, or enough time has passed."""

    def __init__(
        self, identity: Identity, histograms: Histograms | None, write: Callable[[str], None] = write_line
    ) -> None:
        self._identity = identity
        self._histograms = histograms
        self._write = write
        self._served: list[Served] = []
        self._rows = 0
        self._flushed = time.time()

    def record(self, *, status: int, latency: float, rows: bytes, scores: Scores | None) -> None:
        """Note one request, at its end, with what was predicted for which rows; writes when it is time to."""
        now = time.time()
        count = 0 if scores is None else len(scores)
        if self._histograms and scores is not None:
            self._histograms.add(rows, scores)
        self._served.append(Served(now, status, latency, count))
        self._rows += count
        if self._rows >= MOST_ROWS or len(self._served) >= MOST_VALUES or now - self._flushed >= MOST_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what has been collected, if anything."""
        served, self._served, self._rows = self._served, [], 0
        self._flushed = time.time()
        if not served:
            return
        stamp = int(self._flushed * 1000)
        self._write(_metrics_line(self._identity, served, stamp))
        if self._histograms and any(request.rows for request in served):
            counts = self._histograms.take()
            start = int(served[0].stamp * 1000)
            self._write(_histogram_line(self._identity, counts, start=start, stamp=stamp))


def _metrics_line(identity: Identity, served: list[Served], stamp: int) -> str:
    metrics = {
        "requests": Metric("Count", len(served)),
        "rows": Metric("Count", sum(request.rows for request in served)),
        "errors": Metric("Count", [int(request.status >= 500) for request in served]),
        "rejects": Metric("Count", [int(400 <= request.status < 500) for request in served]),
        "latency": Metric("Milliseconds", [round(request.latency, 3) for request in served]),
    }
    dimensions = {"model": identity.model, "environment": identity.environment, "version": identity.version}
    sets = [["model", "environment"], ["model", "environment", "version"]]
    return emf_line(metrics, dimensions, sets=sets, stamp=stamp)


def _histogram_line(identity: Identity, counts: dict[str, Any], *, start: int, stamp: int) -> str:
    line = {"mlspec": "histogram", **identity._asdict(), "from": start, "to": stamp, **counts}
    return encode(line).decode()
