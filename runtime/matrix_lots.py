"""Matrices that waited together and came as they are in memory, answered as one: no number is an object of its own."""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from mlspec.runtime.attached_matrix import LONGEST, MOST, Told, told_by
from mlspec.runtime.engines import Engine
from mlspec.runtime.layouts import in_bounds
from mlspec.runtime.open_inference_replies import Block, InferReplies
from mlspec.runtime.payload import Outcome, ServingContract, json_length
from mlspec.runtime.replies import Replying


@runtime_checkable
class ArrayEngine(Engine, Protocol):
    """An engine that has NumPy at hand."""

    def answers(self, rows: bytes) -> Any:
        """What `predict` gives as an array of float32, one number a row or several."""


class Lot(NamedTuple):
    """The answers to a lot; all its rows, and what the model said to them."""

    outcomes: list[Outcome]
    rows: bytes
    scores: Any


class Known(Struct, gc=False):
    """JSON that has come before: what it says, and the reply's JSON where all that is wanted follows as bytes."""

    told: Told
    size: int  # bytes of the matrix
    reply: bytes = b""
    names: tuple[str, ...] = ()  # of the tensors behind the reply's JSON


class MatrixLots:
    """Answers lots with one release."""

    def __init__(self, contract: ServingContract, release: Replying, engine: ArrayEngine) -> None:
        self._contract = contract
        self._release = release
        self._engine = engine
        self._known = lru_cache(MOST)(self._know)

    def answer(self, lot: Sequence[tuple[bytes, int]]) -> Lot | None:
        """`lot` is the body of each request, and how much of that is JSON. None where one is to be read closely, or a
        number is not finite; raises what the engine does, and Refusal."""
        known, parts = [], []
        for body, length in lot:
            one = self._known(body[:length]) if length <= LONGEST else None
            if one is None or len(body) - length != one.size:
                return None
            known.append(one)
            parts.append(body[length:])
        rows = b"".join(parts)
        if not in_bounds(self._contract, rows):
            return None
        answers = self._engine.answers(rows)
        if not _all_finite(answers):
            return None
        scores = answers if answers.ndim == 1 else answers.tolist()
        return Lot(self._outcomes(known, scores), rows, scores)

    def _know(self, json: bytes) -> Known | None:
        told = told_by(self._contract, json)
        return Known(told, told.size) if told is not None else None

    def _outcomes(self, known: Sequence[Known], scores: Any) -> list[Outcome]:
        replies = InferReplies(self._release, scores)
        tensors: dict[tuple[str, ...], list[Block]] = {}
        outcomes = []
        start = 0
        for one in known:
            rows = one.told.rows
            end = start + rows
            if one.reply:
                blocks = tensors.get(one.names) or tensors.setdefault(one.names, replies.blocks(one.names))
                parts = [data[start * size : end * size] for data, size in blocks]
                outcomes.append(Outcome(200, b"".join((one.reply, *parts)), rows, len(one.reply)))
            else:
                outcomes.append(_encoded(replies, one, start))
            start = end
        return outcomes


def _encoded(replies: InferReplies, one: Known, start: int) -> Outcome:
    """The reply to JSON that has not come before, or has numbers of its own in every reply."""
    wish = one.told.decoded(b"")
    body = replies.encode(wish, start)
    length = json_length(body)
    names = replies.behind(wish)
    if names is not None:
        one.reply, one.names = body[:length], names
    return Outcome(200, body, wish.count, length)


def _all_finite(answers: Any) -> bool:
    """One sum tells, because neither NaN nor infinity is lost in it; of doubles, because it must not overflow."""
    return bool(isfinite(answers.sum(dtype=float)))
