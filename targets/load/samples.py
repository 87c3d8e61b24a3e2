"""Replies as they were counted, turned into percentiles, errors by status, and a course over time."""

from array import array
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

LOST, UNANSWERED = "connection lost", "no reply"
PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0)
_LONGEST = 3_600_000_000  # microseconds that the histogram holds: an hour
_DIGITS = 3
_KEPT = 0.98  # of the asked rate must be answered in time


@dataclass(slots=True)
class Samples:
    """One entry a request, in the order of the replies: latency in microseconds, and when it was meant to be sent, in
    milliseconds since the start. `outcomes` counts (outcome, whether the request was malformed); `broken` are those
    whose connection was lost before the end: no replies, though they ended in time."""

    latencies: "array[int]" = field(default_factory=lambda: array("L"))
    times: "array[int]" = field(default_factory=lambda: array("L"))
    outcomes: Counter[tuple[str, bool]] = field(default_factory=Counter)
    broken: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened to the requests meant for one second."""

    second: int
    replies: int
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class Summary:
    """A run told: `rate` asked for (0: as fast as replies came) and `throughput` of replies, both per second; latencies
    in milliseconds by percentile; outcomes by status; `failures`: what was not answered as it should be.
    `histogram` is HdrHistogram's own encoding, of microseconds."""

    rate: float
    throughput: float
    requests: int
    latency: dict[float, float]
    mean: float
    outcomes: dict[str, int]
    failures: int
    course: tuple[Moment, ...]
    histogram: str

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return self.latency[99.0]

    @property
    def kept_up(self) -> bool:
        """Whether replies came at the rate asked for."""
        return self.throughput >= _KEPT * self.rate


def merged(parts: Sequence[Samples]) -> Samples:
    """What several processes counted, as if one had."""
    whole = Samples(seconds=max(part.seconds for part in parts))
    for part in parts:
        whole.latencies += part.latencies
        whole.times += part.times
        whole.outcomes += part.outcomes
        whole.broken += part.broken
    return whole


def summarize(samples: Samples, *, rate: float) -> Summary:
    """The summary of a run; one without a single request has no percentiles to tell and is a ValueError."""
    if not samples.latencies:
        raise ValueError("no request was sent")
    values = np.frombuffer(samples.latencies, np.uint64)
    histogram = histogram_of(values)
    return Summary(
        rate=rate,
        throughput=_answered(samples, values) / samples.seconds,
        requests=len(values),
        latency={p: histogram.get_value_at_percentile(p) / 1000 for p in PERCENTILES},
        mean=float(values.mean()) / 1000,
        outcomes=_by_status(samples.outcomes),
        failures=sum(count for outcome, count in samples.outcomes.items() if not as_it_should_be(*outcome)),
        course=tuple(_course(values, np.frombuffer(samples.times, np.uint64))),
        histogram=_text(histogram.encode()),
    )


def histogram_of(values: NDArray[np.uint64]) -> HdrHistogram:
    """Latencies in microseconds, to three digits (http://hdrhistogram.org)."""
    histogram = HdrHistogram(1, _LONGEST, _DIGITS)
    for value, count in zip(*np.unique(values, return_counts=True), strict=True):
        histogram.record_value(max(1, int(value)), int(count))
    return histogram


def as_it_should_be(outcome: str, malformed: bool) -> bool:
    """Whether a good request was answered with a 2xx, or a malformed one with a 4xx."""
    return outcome.startswith("4" if malformed else "2") and len(outcome) == 3


def _answered(samples: Samples, values: NDArray[np.uint64]) -> int:
    """Replies within the time that counts: what came after its end was no throughput of it."""
    in_time = np.frombuffer(samples.times, np.uint64) * 1000 + values <= samples.seconds * 1e6
    return int(np.count_nonzero(in_time)) - samples.broken


def _by_status(outcomes: Counter[tuple[str, bool]]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for (outcome, malformed), count in outcomes.items():
        counted[f"{outcome} (malformed)" if malformed else outcome] += count
    return dict(sorted(counted.items()))


def _course(values: NDArray[np.uint64], times: NDArray[np.uint64]) -> Iterable[Moment]:
    seconds = times // 1000
    order = np.argsort(seconds, kind="stable")
    starts = np.unique(seconds[order], return_index=True)
    for second, group in zip(starts[0], np.split(values[order], starts[1][1:]), strict=True):
        p50, p99, longest = np.percentile(group, (50, 99, 100)) / 1000
        yield Moment(int(second), len(group), float(p50), float(p99), float(longest))


def _text(encoded: bytes | str) -> str:
    """HdrHistogram's V2 encoding is base64 already; another release's raw bytes are made so."""
    return (
        encoded
        if isinstance(encoded, str)
        else (encoded.decode("ascii") if encoded.isascii() else b64encode(encoded).decode("ascii"))
    )
