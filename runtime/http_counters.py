"""Counters that all workers share: memory mapped before they start, one row for each, so that any of them tells all."""

import mmap
from bisect import bisect_left
from collections.abc import Sequence

STATUSES = (200, 400, 404, 405, 408, 411, 413, 414, 415, 417, 431, 500, 501, 503)
ROUTES = ("invocations", "infer", "ping", "other")
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
TOTALS = ("rows", "batches", "shed", "reloads", "failed_reloads", "lost_log_lines", "starts")
GAUGES = ("connections", "ready")

_AT_STATUS = {status: at for at, status in enumerate(STATUSES)}
_AT_ROUTE = {route: at * len(STATUSES) for at, route in enumerate(ROUTES)}
_BUCKETS = len(ROUTES) * len(STATUSES)
_NANOSECONDS = _BUCKETS + len(BOUNDS) + 1
_AT_NAME = {name: _NANOSECONDS + 1 + at for at, name in enumerate((*TOTALS, *GAUGES))}
WIDTH = _NANOSECONDS + 1 + len(_AT_NAME)


class Counters:
    """One worker's row: it alone writes it, so nothing is locked."""

    def __init__(self, row: memoryview) -> None:
        self._row = row

    def answered(self, route: str, status: int, times: int = 1) -> None:
        """Count answers."""
        self._row[_AT_ROUTE[route] + _AT_STATUS[status]] += times

    def took(self, seconds: Sequence[float]) -> None:
        """Count how long each prediction of a lot took, from its last byte in to its answer."""
        row = self._row
        row[_NANOSECONDS] += int(sum(seconds) * 1e9)
        bucket = bisect_left(BOUNDS, seconds[0])  # that of the others, too, most times
        if bucket == bisect_left(BOUNDS, min(seconds)) == bisect_left(BOUNDS, max(seconds)):
            row[_BUCKETS + bucket] += len(seconds)
        else:
            for one in seconds:
                row[_BUCKETS + bisect_left(BOUNDS, one)] += 1

    def add(self, name: str, count: int = 1) -> None:
        """Add to one of TOTALS or GAUGES; a gauge may fall."""
        self._row[_AT_NAME[name]] += count

    def put(self, name: str, value: int) -> None:
        """Set one of GAUGES."""
        self._row[_AT_NAME[name]] = value


class SharedCounters:
    """The rows of `workers` processes; to be made before any of them is."""

    def __init__(self, workers: int) -> None:
        self._words = memoryview(mmap.mmap(-1, workers * WIDTH * 8)).cast("Q")
        self.workers = workers

    def row(self, worker: int) -> Counters:
        """The row of one worker; a new process goes on counting where the one before it ended."""
        return Counters(self._words[worker * WIDTH : (worker + 1) * WIDTH])

    def sums(self) -> "Sums":
        """All rows added up, at this moment."""
        words = self._words
        return Sums([sum(words[at::WIDTH]) for at in range(WIDTH)])


class Sums:
    """Counts of all workers, by name."""

    def __init__(self, row: list[int]) -> None:
        self._row = row

    def answers(self, route: str, status: int) -> int:
        """How many answers of `status` a route gave."""
        return self._row[_AT_ROUTE[route] + _AT_STATUS[status]]

    def buckets(self) -> list[int]:
        """How many predictions took at most each of BOUNDS and more than the one before; the last is beyond all."""
        return self._row[_BUCKETS:_NANOSECONDS]

    def seconds(self) -> float:
        """How long all predictions took together."""
        return self._row[_NANOSECONDS] / 1e9

    def total(self, name: str) -> int:
        """One of TOTALS or GAUGES."""
        return self._row[_AT_NAME[name]]
