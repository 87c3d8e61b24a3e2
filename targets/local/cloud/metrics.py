"""Metric data as alarms read it: the raw values of one metric under exactly one set of dimensions."""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime

Key = tuple[str, str, frozenset[tuple[str, str]]]


class Metrics:
    """Values by namespace, name and dimensions, in the order of their times (epoch seconds)."""

    def __init__(self) -> None:
        self._values: dict[Key, list[tuple[float, float]]] = {}
        self._lock = threading.Lock()

    def add(self, key: Key, moment: datetime, values: Iterable[float]) -> None:
        """Values of one metric at one moment."""
        stamp = moment.timestamp()
        with self._lock:
            held = self._values.setdefault(key, [])
            for value in values:
                if held and stamp < held[-1][0]:
                    held.insert(bisect_left(held, (stamp, value)), (stamp, value))
                else:
                    held.append((stamp, value))

    def count(self, key: Key) -> int:
        """How many values there are."""
        with self._lock:
            return len(self._values.get(key, ()))

    def between(self, key: Key, start: float, end: float) -> list[tuple[float, float]]:
        """(time, value) from `start` to `end`, both included."""
        with self._lock:
            held = self._values.get(key, [])
            return held[bisect_left(held, (start, float("-inf"))) : bisect_left(held, (end, float("inf")))]


def key_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    """What a metric is found under: dimensions match exactly, as in CloudWatch."""
    return namespace, name, frozenset(dimensions.items())
