"""A release turned into answers to requests that waited together: decoded, predicted in one call or each alone.

What most callers send, records in JSON and no more, has a way of its own, where a lot is laid out, predicted, checked
and counted as one. All else, and a lot in which anything fails there, goes the long way: each request by itself."""

import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any

from msgspec import Struct
from msgspec.json import encode

from mlspec.runtime.engines import Engine, Scores
from mlspec.runtime.http_head import Head
from mlspec.runtime.matrix_lots import ArrayEngine, MatrixLots
from mlspec.runtime.payload import Outcome, json_length
from mlspec.runtime.replies import Replying, encode_replies, encode_reply, replying
from mlspec.runtime.requests import REFUSALS, Decoded, Payload, Refusal, ServingContract, decode, plain_records
from mlspec.runtime.serving_release import Release

_TOGETHER = 16  # rows that are tried together, to see what the model gains
_GAIN = 0.95  # joined rows must cost less than this share of single ones
_TRIES = 7


class Seen(Struct, frozen=True, gc=False):
    """Rows that were predicted, as laid out, and what was answered (Scores, or an array of one number a row)."""

    rows: bytes
    scores: Any


Report = Callable[[str, str], str]  # what failed and its traceback in; the id that the caller is told out
Asked = tuple[Head, bytes, Any, float]  # a request's head and body, who waits for its answer, and since when
Answers = tuple[list[Outcome], list[Seen]]


class Model:
    """Answers requests with one release."""

    def __init__(self, contract: ServingContract, release: Release, report: Report) -> None:
        self._contract = contract
        self._report = report
        self._replying = replying(contract, release.description, release.name)
        self._predict = release.engine.predict
        self._matrix_lots = _matrix_lots(contract, self._replying, release.engine)
        self.release = release
        self.explains = "explainer_sha256" in release.description
        self.joins = gains_together(release.engine, len(contract.FEATURES))

    def answer(self, lot: Sequence[Asked]) -> Answers:
        """An outcome for each request, in order, and what the histograms are to count."""
        if (answers := self._matrices(lot)) is not None:
            return answers
        read = [self._records(head, body) for head, body, _, _ in lot]
        plain = [records for records in read if records is not None]
        try:
            told = self._plainly(plain) if plain else ([], [])
        except Exception:  # whatever it is, alone it fails for one only
            return self._singly(lot)
        if len(plain) == len(read):
            return told
        others = self._singly([asked for asked, records in zip(lot, read, strict=True) if records is None])
        first, second = iter(told[0]), iter(others[0])
        return [next(second if records is None else first) for records in read], told[1] + others[1]

    def _records(self, head: Head, body: bytes) -> list[Any] | None:
        """The records of a request that wants nothing else; None where it is to be looked at more closely."""
        if head.plain:
            try:
                return plain_records(self._contract, body)
            except REFUSALS:
                pass
        return None

    def _plainly(self, plain: Sequence[list[Any]]) -> Answers:
        outcomes: list[Outcome] = []
        seen: list[Seen] = []
        for part in [plain] if self.joins else [[one] for one in plain]:
            rows = self._contract.assemble([record for records in part for record in records])
            scores = self._predict(rows) if rows else []
            counts = [len(records) for records in part]
            bodies = encode_replies(self._replying, scores, counts)
            outcomes += [Outcome(200, body, count) for body, count in zip(bodies, counts, strict=True)]
            seen.append(Seen(rows, scores))
        return outcomes, seen

    def _singly(self, lot: Sequence[Asked]) -> Answers:
        decoded = [self._decoded(head, body) for head, body, _, _ in lot]
        good = [one for one in decoded if not isinstance(one, Outcome)]
        scores = iter(self._scores(good))
        outcomes, seen = [], []
        for one in decoded:
            if isinstance(one, Outcome):
                outcomes.append(one)
                continue
            told = next(scores)
            outcome = told if isinstance(told, Outcome) else self._reply(one, told)
            outcomes.append(outcome)
            if outcome.rows and not isinstance(told, Outcome):
                seen.append(Seen(one.rows, told))
        return outcomes, seen

    def _matrices(self, lot: Sequence[Asked]) -> Answers | None:
        """The answers to a lot of matrices in memory that are all good; None for any other."""
        if self._matrix_lots is None or not (self.joins or len(lot) == 1):
            return None
        if not all(head.json_length and not head.explain for head, _, _, _ in lot):
            return None
        with suppress(Exception):  # whatever it is, alone it fails for one only
            told = self._matrix_lots.answer([(body, head.json_length) for head, body, _, _ in lot])
            if told is not None:
                return told.outcomes, [Seen(told.rows, told.scores)]
        return None

    def _decoded(self, head: Head, body: bytes) -> Decoded | Outcome:
        try:
            return decode(self._contract, _payload(head, body))
        except Refusal as refusal:
            return Outcome(refusal.status, encode(refusal.body))
        except Exception:
            return self._failed()

    def _reply(self, decoded: Decoded, scores: Scores) -> Outcome:
        try:
            explanations = self.release.explanations(decoded, scores)
            body = encode_reply(self._replying, decoded, scores, explanations)
            return Outcome(200, body, decoded.count, json_length(body))
        except Refusal as refusal:
            return Outcome(refusal.status, encode(refusal.body))
        except Exception:
            return self._failed()

    def _scores(self, decoded: Sequence[Decoded]) -> Sequence[Scores | Outcome]:
        """What the model says to each request, or that it failed. What fails together is tried alone."""
        if self.joins and len(decoded) > 1:
            with suppress(Exception):  # one request's rows must not fail another's
                return self._together(decoded)
        return [self._alone(one) for one in decoded]

    def _together(self, decoded: Sequence[Decoded]) -> list[Scores]:
        scores = self._predict(b"".join([one.rows for one in decoded]))
        parts: list[Scores] = []
        start = 0
        for one in decoded:
            parts.append(scores[start : start + one.count])
            start += one.count
        return parts

    def _alone(self, decoded: Decoded) -> Scores | Outcome:
        try:
            return self._predict(decoded.rows) if decoded.count else []
        except Exception:
            return self._failed()

    def _failed(self) -> Outcome:
        request = self._report("failure", traceback.format_exc())
        return Outcome(500, encode({"error": "internal", "request": request}))


def _payload(head: Head, body: bytes) -> Payload:
    return Payload(body, head.content_type, head.route.protocol, head.partial, head.explain, head.json_length)


def _matrix_lots(contract: ServingContract, replying: Replying, engine: Engine) -> MatrixLots | None:
    """What answers matrices together, where the engine can."""
    return MatrixLots(contract, replying, engine) if isinstance(engine, ArrayEngine) else None


def gains_together(engine: Engine, features: int) -> bool:
    """Whether rows of several requests are answered sooner by one call than each by its own: measured, best of some."""
    row = bytes(4 * features)
    alone = _best(engine, row)
    return _best(engine, row * _TOGETHER) / _TOGETHER < _GAIN * alone


def _best(engine: Engine, rows: bytes) -> float:
    times = []
    for _ in range(_TRIES):
        started = perf_counter()
        engine.predict(rows)
        times.append(perf_counter() - started)
    return min(times)
