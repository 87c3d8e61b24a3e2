"""Requests that wait for the model: taken together at the end of each turn of the loop, never made to wait for more."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Protocol

from msgspec.json import encode

from mlspec.runtime.http_head import Head
from mlspec.runtime.http_model import Answers, Asked, Model, Seen
from mlspec.runtime.payload import Outcome

_MOST = 64  # requests that are taken together
_SLICE = 0.005  # seconds of work between two looks at the network
_LONG = 0.020  # work that is expected to take longer is done beside the loop
_LARGE = 256 * 1024  # bytes of one body that are expected to
_EXPLAIN = b'"explain"'  # a body that may ask for what can take seconds
_SMOOTH = 0.1  # how much the newest measurement changes what is expected
LATE = Outcome(503, encode({"error": "unavailable", "reason": "too many requests wait; try again later"}))


class Asker(Protocol):
    """Who waits for an answer."""

    def take(self, head: Head, outcome: Outcome) -> None:
        """Called once."""


Served = Callable[[list[Asked], list[Outcome], list[Seen], float], None]


class Queue:
    """`ask` adds a request; `served` is called with each lot that was answered, and the time of that."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deadline: float, served: Served) -> None:
        self._loop = loop
        self._deadline = deadline
        self._served = served
        self._waiting: list[Asked] = []
        self._working = False
        self._most = _MOST  # requests in the next lot
        self._cost = 0.0  # seconds that a request is expected to take
        self._beside: ThreadPoolExecutor | None = None
        self.model: Model | None = None
        self.missing = "no release is serving yet"

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        return not self._working

    def ask(self, asker: Asker, head: Head, body: bytes) -> bool:
        """Wait for a turn; False where it would come after the deadline."""
        waiting = self._waiting
        if self._cost * len(waiting) > self._deadline:
            return False
        waiting.append((head, body, asker, perf_counter()))
        if not self._working:
            self._working = True
            self._loop.call_soon(self._work)
        return True

    def _work(self) -> None:
        """One lot; the next is smaller where this one took longer than a slice of time."""
        lot, large = self._next_lot()
        self._waiting = self._waiting[len(lot) :]
        started = perf_counter()
        if started - lot[0][3] > self._deadline:
            self._done(lot, ([LATE] * len(lot), []))
        elif large or self._cost > _LONG:
            self._beside = self._beside or ThreadPoolExecutor(1, "predict")
            self._beside.submit(self._work_beside, lot, started, large)
        else:
            self._done(lot, self._timed(lot, started, large))

    def _next_lot(self) -> tuple[list[Asked], bool]:
        """What is answered next, and whether it is one request that may take long: such a one goes alone, so that who
        waits behind it is told in time that it takes too long."""
        lot = self._waiting[: self._most]
        explains = self.model is not None and self.model.explains
        if explains or max([len(body) for _, body, _, _ in lot]) > _LARGE:
            for at, (head, body, _, _) in enumerate(lot):
                if len(body) > _LARGE or (explains and (head.explain or _EXPLAIN in body)):
                    return (lot[:at], False) if at else (lot[:1], True)
        return lot, False

    def _work_beside(self, lot: list[Asked], started: float, large: bool) -> None:
        """In a thread: the loop goes on reading, refusing and telling that the server lives."""
        self._loop.call_soon_threadsafe(self._done, lot, self._timed(lot, started, large))

    def _timed(self, lot: list[Asked], started: float, large: bool) -> Answers:
        answers = self._answer(lot)
        if not large:
            took = perf_counter() - started
            self._cost += _SMOOTH * (took / len(lot) - self._cost)
            self._most = max(1, len(lot) // 2) if took > _SLICE else min(_MOST, self._most * 2)
        return answers

    def _answer(self, lot: list[Asked]) -> Answers:
        model = self.model
        if model is None:
            body = encode({"error": "unavailable", "reason": self.missing})
            return [Outcome(503, body)] * len(lot), []
        return model.answer(lot)

    def _done(self, lot: list[Asked], answers: Answers) -> None:
        outcomes, seen = answers
        for (head, _, asker, _), outcome in zip(lot, outcomes, strict=True):
            asker.take(head, outcome)
        self._served(lot, outcomes, seen, perf_counter())
        if self._waiting:
            self._loop.call_soon(self._work)
        else:
            self._working = False
