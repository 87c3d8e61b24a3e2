"""Rows that were served, buffered and then folded many at once into counts on the bins of the release's profile."""

from collections.abc import Mapping, Sequence
from itertools import chain, islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = Mapping[str, Any]
_TOGETHER = 2048  # rows that are counted at once: as many as a processor has near at hand


class Histograms:
    """Counts of features and of predictions since the last `take`; `features` is the order of a row's values.

    A row's category is its index, infinite where it is not one of the profile's values. Adding is cheap: many rows are
    counted together, where row by row would cost 100 times as much. To sort the values of a column and look for its
    edges is ten times as fast as to look for each value among the edges; and where each bin ends can be added up."""

    most = 2**20  # rows between two takes: they are not kept, only their counts are

    def __init__(self, profile: Mapping[str, Any], features: Sequence[str]) -> None:
        self._width = len(features)
        columns: Mapping[str, Column] = profile["columns"]
        self._bins = [(at, name, _edges(columns[name])) for at, name in enumerate(features) if name in columns]
        prediction = profile["prediction"]
        self._outputs = list(prediction.get("outputs", {}))
        self._length = prediction.get("watched") == "length"
        watched = prediction["outputs"].values() if self._outputs else [prediction]
        self._predictions = [_edges(column) for column in watched]
        self._ends = np.zeros(sum(map(len, self._predictions)) + sum(len(edges) for *_, edges in self._bins), np.int64)
        self._space = np.empty(self._width * 2 * _TOGETHER, np.float32)
        self._rows = self._buffered = 0
        self._buffer: list[tuple[bytes, Any]] = []

    def add(self, rows: bytes, scores: Any) -> None:
        """Count rows (float32, one after another) and what was answered (Scores, or an array of one number a row), some
        time before `take`."""
        self._buffer.append((rows, scores))
        self._buffered += len(scores)
        if self._buffered >= _TOGETHER:
            self._fold()

    def take(self) -> dict[str, Any]:
        """The counts since the last time, in the shape of a histogram line: `rows`, `columns`, `prediction`."""
        self._fold()
        rows, ends = self._rows, iter(self._ends.tolist())
        self._rows = self._ends[:] = 0
        columns = {name: _counts(list(islice(ends, len(edges))), rows) for _, name, edges in self._bins}
        predictions = [{"counts": _counts(list(islice(ends, len(one))), rows)["counts"]} for one in self._predictions]
        outputs = {"outputs": dict(zip(self._outputs, predictions, strict=True))} if self._outputs else predictions[0]
        return {"rows": rows, "columns": columns, "prediction": outputs}

    def _fold(self) -> None:
        taken, self._buffer, self._buffered = self._buffer, [], 0
        matrix = np.frombuffer(b"".join([rows for rows, _ in taken]), np.float32).reshape(-1, self._width)
        ranked, answers = self._ranked(len(matrix)), self._watched([scores for _, scores in taken])
        ranked[:] = matrix.T
        ranked.sort()
        answers.sort()
        ends = [ranked[at].searchsorted(edges) for at, _, edges in self._bins]
        ends += [one.searchsorted(edges) for one, edges in zip(answers, self._predictions, strict=True)]
        self._ends += np.concatenate(ends)
        self._rows += len(matrix)

    def _ranked(self, rows: int) -> NDArray[np.float32]:
        """Memory to rank that many rows in: the same again, as long as they are not many more than are usual."""
        size = self._width * rows
        space = self._space if size <= len(self._space) else np.empty(size, np.float32)
        return space[:size].reshape(self._width, rows)

    def _watched(self, scores: Sequence[Any]) -> NDArray[Any]:
        """What is counted of answers: each of several outputs, or one number, the largest of several probabilities; of
        an embedding its length, as float32."""
        arrays = [one for one in scores if not isinstance(one, list)]
        listed = list(chain.from_iterable([one for one in scores if isinstance(one, list)]))
        if self._outputs:
            answers: NDArray[Any] = np.asarray(listed, float).reshape(-1, len(self._outputs))
            return answers.T.copy()
        if self._length:
            vectors = np.asarray(listed, float).reshape(len(listed), -1 if listed else 0)
            answers = np.linalg.norm(vectors, axis=1).astype(np.float32)
        elif listed and isinstance(listed[0], list):
            answers = np.asarray(listed, float).max(axis=1)
        else:
            if listed or not arrays:  # else they stay float32, which is ranked in half the time
                arrays.append(np.fromiter(listed, float, len(listed)))
            answers = np.concatenate(arrays)
        return answers[None]


def _edges(column: Column) -> NDArray[np.float32]:
    """Where bins begin but for the first, rounded to float32 as the rows were, so that a value equal to an edge stays
    in its bin; at the end NaN, which is ranked behind infinity, and where what is missing begins.

    The category with index i fills bin i, and infinity the last."""
    if column["kind"] == "numeric":
        return np.asarray([*column["edges"], np.nan], np.float32)
    return np.asarray([*range(1, len(column["values"])), np.inf, np.nan], np.float32)


def _counts(ends: list[int], rows: int) -> dict[str, Any]:
    """How many of `rows` values are in each bin, and how many are missing, by where the bins end."""
    return {"counts": [end - start for start, end in pairwise((0, *ends))], "nulls": rows - ends[-1]}
