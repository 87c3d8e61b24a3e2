"""Rows that were served, buffered and then folded all at once into counts on the profile's bins, without NumPy."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from struct import Struct, pack, unpack
from typing import Any

from mlspec.runtime.engines import Scores

Column = Mapping[str, Any]


class Histograms:
    """What `histograms.Histograms` counts, counted the same.

    A column's values are sorted once, and then the edges are looked up among them: there are fewer edges than values,
    and looking up each value among the edges would cost six times as much."""

    def __init__(self, profile: Mapping[str, Any], features: Sequence[str]) -> None:
        self._rows = Struct(f"={len(features)}f").iter_unpack
        self._names = list(features)
        columns: Mapping[str, Column] = profile["columns"]
        self._edges = {name: _edges(columns[name]) for name in features if name in columns}
        self._scores = _edges(profile["prediction"])
        self._buffer: list[tuple[bytes, Scores]] = []

    def add(self, rows: bytes, scores: Scores) -> None:
        """Keep rows (float32, one after another) and what was answered, until `take`."""
        self._buffer.append((rows, scores))

    def take(self) -> dict[str, Any]:
        """The counts since the last time, in the shape of a histogram line: `rows`, `columns`, `prediction`."""
        taken, self._buffer = self._buffer, []
        rows = list(self._rows(b"".join([rows for rows, _ in taken])))
        values = zip(*rows, strict=True) if rows else [()] * len(self._names)
        columns = {
            name: _count(column, self._edges[name])
            for name, column in zip(self._names, values, strict=True)
            if name in self._edges
        }
        watched = [max(score) if isinstance(score, list) else score for _, scores in taken for score in scores]
        return {
            "rows": len(rows),
            "columns": columns,
            "prediction": {"counts": _count(watched, self._scores)["counts"]},
        }


def _edges(column: Column) -> list[float]:
    """Where bins begin, rounded to float32 as the rows were; categories as `histograms` has them."""
    if column["kind"] == "numeric":
        edges = column["edges"]
        return list(unpack(f"={len(edges)}f", pack(f"={len(edges)}f", *edges)))
    return [*map(float, range(1, len(column["values"]))), inf]


def _count(values: Iterable[float], edges: Sequence[float]) -> dict[str, Any]:
    """How many values are in each bin, and how many are missing."""
    given = list(values)
    known = sorted([value for value in given if value == value])
    below = [bisect_left(known, edge) for edge in edges]
    counts = [end - start for start, end in zip([0, *below], [*below, len(known)], strict=True)]
    return {"counts": counts, "nulls": len(given) - len(known)}
