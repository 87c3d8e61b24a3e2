"""What a server's worker answered, folded as it comes and written now and then as two lines: metrics and histograms.

The lines are those of the Lambda function (runtime/telemetry.py), but for their rhythm: a server writes once in some
seconds, however much it serves. So `errors` and `rejects` are the share of the requests since the last line, where a
function writes one 0 or 1 for each, and `latency` holds at most a hundred of them, evenly spaced by rank."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlspec.runtime.emf import MOST_VALUES, Metric, emf_line
from mlspec.runtime.http_model import Seen
from mlspec.runtime.telemetry import Histograms, Identity

_MOST_LATENCIES = 4096  # kept; beyond it every second one is dropped, and every second one that follows


class ServerTelemetry:
    """Collects until `lines` takes what there is."""

    def __init__(self, identity: Identity, histograms: Histograms | None, now: float) -> None:
        self._identity = identity
        self._histograms = histograms
        self._buffered = 0
        self._counts: dict[str, Any] = {}
        self._since = now
        self._empty()

    def answered(self, status: int, times: int = 1) -> None:
        """Note requests that got an answer of `status`."""
        self._requests += times
        self._errors += times * (status >= 500)
        self._rejects += times * (400 <= status < 500)

    def predicted(self, rows: int, seconds: Sequence[float]) -> None:
        """Note how long each request of a lot took, and how many rows were predicted for all."""
        self._rows += rows
        self._latencies += seconds[-self._timed % self._stride :: self._stride]
        self._timed += len(seconds)
        while len(self._latencies) >= _MOST_LATENCIES:
            del self._latencies[1::2]
            self._stride *= 2

    def seen(self, rows: Seen) -> None:
        """Note rows that were predicted."""
        if self._histograms is not None:
            self._histograms.add(rows.rows, rows.scores)
            self._buffered += len(rows.scores)
            if self._buffered >= self._histograms.most:
                self._fold()

    def lines(self, now: float) -> list[str]:
        """The lines since the last time, none where nothing was asked; `now` is epoch seconds."""
        if not self._requests:
            self._since = now
            return []
        self._fold()
        lines = [self._metrics(int(now * 1000))]
        if self._counts:
            lines.append(self._histogram(int(self._since * 1000), int(now * 1000)))
        self._counts, self._since = {}, now
        self._empty()
        return lines

    def _empty(self) -> None:
        self._requests = self._rows = self._errors = self._rejects = 0
        self._latencies: list[float] = []  # every `_stride`th, the first among them
        self._stride, self._timed = 1, 0

    def _fold(self) -> None:
        if self._buffered and self._histograms is not None:
            self._counts = merged(self._counts, self._histograms.take())
            self._buffered = 0

    def _metrics(self, stamp: int) -> str:
        identity, requests = self._identity, self._requests
        metrics = {
            "requests": Metric("Count", requests),
            "rows": Metric("Count", self._rows),
            "errors": Metric("Count", self._errors / requests),
            "rejects": Metric("Count", self._rejects / requests),
            "latency": Metric("Milliseconds", [round(seconds * 1000, 3) for seconds in ranked(self._latencies)]),
        }
        dimensions = {"model": identity.model, "environment": identity.environment, "version": identity.version}
        sets = [["model", "environment"], ["model", "environment", "version"]]
        return emf_line(metrics, dimensions, sets=sets, stamp=stamp)

    def _histogram(self, start: int, stamp: int) -> str:
        from msgspec.json import encode

        line = {"mlspec": "histogram", **self._identity._asdict(), "from": start, "to": stamp, **self._counts}
        return encode(line).decode()


def ranked(values: list[float], most: int = MOST_VALUES) -> list[float]:
    """At most `most` of the values, evenly spaced by rank, the smallest and the largest among them."""
    values = sorted(values)
    if len(values) <= most:
        return values
    last = len(values) - 1
    return [values[round(at * last / (most - 1))] for at in range(most)]


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two counts of the same bins added up; an empty one counts nothing."""
    if not one or not other:
        return dict(one or other)
    return {key: _sum(value, other[key]) for key, value in one.items()}


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping):
        return merged(one, other)
    return [a + b for a, b in zip(one, other, strict=True)] if isinstance(one, list) else one + other
