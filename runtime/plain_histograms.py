"""Rows that were served, buffered and then folded all at once into counts on the profile's bins, without NumPy."""

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import hypot, inf, isnan
from struct import pack, unpack
from typing import Any

from mlspec.runtime.engines import Scores

Column = Mapping[str, Any]


class Histograms:
    """What `histograms.Histograms` counts, counted the same.

    A column's values are sorted once, and then the edges are looked up among them: there are fewer edges than values,
    and looking up each value among the edges would cost six times as much."""

    most = 1024  # rows between two takes

    def __init__(self, profile: Mapping[str, Any], features: Sequence[str]) -> None:
        self._width = len(features)
        columns: Mapping[str, Column] = profile["columns"]
        self._bins = [(at, name, _edges(columns[name])) for at, name in enumerate(features) if name in columns]
        outputs = profile["prediction"].get("outputs", {})
        self._outputs = [(name, _edges(output)) for name, output in outputs.items()]
        self._length = profile["prediction"].get("watched") == "length"
        self._scores = [] if outputs else _edges(profile["prediction"])
        self._buffer: list[tuple[bytes, Scores]] = []

    def add(self, rows: bytes, scores: Scores) -> None:
        """Keep rows (float32, one after another) and what was answered, until `take`."""
        self._buffer.append((rows, scores))

    def take(self) -> dict[str, Any]:
        """The counts since the last time, in the shape of a histogram line: `rows`, `columns`, `prediction`."""
        taken, self._buffer = self._buffer, []
        values = array("f", b"".join([rows for rows, _ in taken]))
        columns = {name: _count(values[at :: self._width].tolist(), edges) for at, name, edges in self._bins}
        prediction = self._predicted([score for _, scores in taken for score in scores])
        return {"rows": len(values) // self._width, "columns": columns, "prediction": prediction}

    def _predicted(self, scores: Sequence[Any]) -> dict[str, Any]:
        """`counts` of what is watched of an answer; of several outputs each has its own, by name; of an embedding its
        length, as float32."""
        if self._outputs:
            return {
                "outputs": {
                    name: {"counts": _count([score[at] for score in scores], edges)["counts"]}
                    for at, (name, edges) in enumerate(self._outputs)
                }
            }
        if self._length:
            lengths = array("f", [hypot(*score) for score in scores]).tolist()
            return {"counts": _count(lengths, self._scores)["counts"]}
        watched = [max(score) if isinstance(score, list) else score for score in scores]
        return {"counts": _count(watched, self._scores)["counts"]}


def _edges(column: Column) -> list[float]:
    """Where bins begin, rounded to float32 as the rows were; categories as `histograms` has them."""
    if column["kind"] == "numeric":
        edges = column["edges"]
        return list(unpack(f"={len(edges)}f", pack(f"={len(edges)}f", *edges)))
    return [*map(float, range(1, len(column["values"]))), inf]


def _count(values: list[float], edges: Sequence[float]) -> dict[str, Any]:
    """How many values are in each bin, and how many are missing: where any is, the sum is NaN."""
    known = [value for value in values if value == value] if isnan(sum(values)) else values[:]
    known.sort()
    below = [bisect_left(known, edge) for edge in edges]
    counts = [end - start for start, end in zip([0, *below], [*below, len(known)], strict=True)]
    return {"counts": counts, "nulls": len(values) - len(known)}
