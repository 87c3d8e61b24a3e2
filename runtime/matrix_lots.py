"""Matrices that waited together and came as they are in memory, answered as one: no number is an object of its own."""

from collections.abc import Sequence
from itertools import accumulate
from math import isfinite
from typing import Any, NamedTuple, Protocol, runtime_checkable

from mlspec.runtime.attached_matrix import attached_matrices
from mlspec.runtime.engines import Engine
from mlspec.runtime.open_inference_replies import InferReplies
from mlspec.runtime.payload import Decoded, Payload, ServingContract
from mlspec.runtime.replies import Replying


@runtime_checkable
class ArrayEngine(Engine, Protocol):
    """An engine that has NumPy at hand."""

    def answers(self, rows: bytes) -> Any:
        """What `predict` gives as an array of float32, one number a row or several."""


class Answered(NamedTuple):
    """The replies to a lot and their numbers of rows; all rows, and what the model said to them."""

    bodies: list[bytes]
    counts: list[int]
    rows: bytes
    scores: Any


class MatrixLots:
    """Answers lots with one release."""

    def __init__(self, contract: ServingContract, release: Replying, engine: ArrayEngine) -> None:
        self._contract = contract
        self._release = release
        self._engine = engine

    def answer(self, payloads: Sequence[Payload]) -> Answered | None:
        """None where a request is to be read closely, or a number is not finite; raises what the engine does, and
        Refusal."""
        lot = attached_matrices(self._contract, payloads)
        if lot is None:
            return None
        rows = b"".join([one.rows for one in lot])
        answers = self._engine.answers(rows)
        if not _all_finite(answers):
            return None
        scores = answers if answers.ndim == 1 else answers.tolist()
        return Answered(self._bodies(lot, scores), [one.count for one in lot], rows, scores)

    def _bodies(self, lot: Sequence[Decoded], scores: Any) -> list[bytes]:
        replies = InferReplies(self._release, scores)
        starts = accumulate([one.count for one in lot], initial=0)
        return [replies.encode(one, start) for one, start in zip(lot, starts, strict=False)]


def _all_finite(answers: Any) -> bool:
    """One sum tells, because neither NaN nor infinity is lost in it; of doubles, because it must not overflow."""
    return bool(isfinite(answers.sum(dtype=float)))
