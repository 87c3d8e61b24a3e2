"""A release turned into answers to requests that waited together: decoded, predicted in one call or each alone."""

import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import NamedTuple

from msgspec.json import encode

from mlspec.runtime.engines import Engine, Scores
from mlspec.runtime.http_head import Head
from mlspec.runtime.replies import encode_reply, replying
from mlspec.runtime.requests import Decoded, Payload, Refusal, ServingContract, decode
from mlspec.runtime.serving_release import Release

_TOGETHER = 16  # rows that are tried together, to see what the model gains
_GAIN = 0.75  # joined rows must cost less than this share of single ones
_TRIES = 7


class Outcome(NamedTuple):
    """What one request gets, and how many rows were predicted for it."""

    status: int
    body: bytes
    rows: int = 0


class Seen(NamedTuple):
    """Rows that were predicted, as laid out, and what was answered: for the histograms."""

    rows: bytes
    scores: Scores


Report = Callable[[str, str], str]  # what failed and its traceback in; the id that the caller is told out


class Model:
    """Answers requests with one release."""

    def __init__(self, contract: ServingContract, release: Release, report: Report) -> None:
        self._contract = contract
        self._report = report
        self._replying = replying(contract, release.description, release.name)
        self._predict = release.engine.predict
        self.release = release
        self.joins = gains_together(release.engine, len(contract.FEATURES))

    def answer(self, asked: Sequence[tuple[Head, bytes]]) -> tuple[list[Outcome], list[Seen]]:
        """An outcome for each request, in order, and what the histograms are to count."""
        decoded = [self._decoded(head, body) for head, body in asked]
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

    def _decoded(self, head: Head, body: bytes) -> Decoded | Outcome:
        protocol = head.route.protocol
        try:
            asked = Payload(body, head.content_type, protocol, head.partial, head.explain, head.json_length)
            return decode(self._contract, asked)
        except Refusal as refusal:
            return Outcome(refusal.status, encode(refusal.body))
        except Exception:
            return self._failed()

    def _reply(self, decoded: Decoded, scores: Scores) -> Outcome:
        try:
            explanations = self.release.explanations(decoded, scores)
            return Outcome(200, encode_reply(self._replying, decoded, scores, explanations), decoded.count)
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
