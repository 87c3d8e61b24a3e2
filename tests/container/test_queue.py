"""What waits for the model: joined, cut into lots, refused when it would wait too long; counts; the server's size."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from mlspec.runtime import http_model
from mlspec.runtime.http_counters import SharedCounters
from mlspec.runtime.http_head import Head, Route
from mlspec.runtime.http_model import Answers, Asked, Model, gains_together
from mlspec.runtime.http_queue import LATE, Queue
from mlspec.runtime.http_settings import Limits, settings_from, size
from mlspec.runtime.http_telemetry import merged, ranked
from mlspec.runtime.payload import Outcome

HEAD = Head(Route("invocations", "mlspec"), b"", 0, keep_alive=True)
_GIGABYTE = 2**30


class Asker:
    """Keeps its answer."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def take(self, head: Head, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


class Echo:
    """In the place of a model: what it was asked, in lots, and in which of them by another thread than the test's."""

    def __init__(self, *, explains: bool = False) -> None:
        self.explains = explains
        self.lots: list[list[bytes]] = []
        self.beside: list[bool] = []

    def answer(self, lot: Sequence[Asked]) -> Answers:
        self.lots.append([body for _, body, _, _ in lot])
        self.beside.append(threading.current_thread() is not threading.main_thread())
        return [Outcome(200, body, 1) for _, body, _, _ in lot], []


def _asked(
    bodies: Sequence[bytes], *, deadline: float = 30.0, explains: bool = False
) -> tuple[list[Asker], Echo, list[bool]]:
    """All bodies asked for in one turn of a loop, and the end of that."""
    askers, echo = [Asker() for _ in bodies], Echo(explains=explains)
    taken: list[bool] = []

    async def run() -> None:
        queue = Queue(asyncio.get_running_loop(), deadline, lambda *_: None)
        queue.model = echo  # type: ignore[assignment]
        taken.extend(queue.ask(asker, HEAD, body) for asker, body in zip(askers, bodies, strict=True))
        while not queue.idle:
            await asyncio.sleep(0)

    asyncio.run(run())
    return askers, echo, taken


def test_what_waits_is_answered_together_and_in_order() -> None:
    bodies = [b"%d" % number for number in range(200)]
    askers, echo, taken = _asked(bodies)
    assert all(taken)
    assert [asker.outcomes[0].body for asker in askers] == bodies
    assert [body for lot in echo.lots for body in lot] == bodies
    assert max(map(len, echo.lots)) <= 64
    assert len(echo.lots[0]) == 64


def test_a_large_request_is_answered_beside_the_loop() -> None:
    bodies = [b"x", b"y" * 300_000, b"z"]
    askers, echo, _ = _asked(bodies)
    assert [asker.outcomes[0].body for asker in askers] == bodies
    assert list(zip(map(len, echo.lots), echo.beside, strict=True)) == [(1, False), (1, True), (1, False)]


@pytest.mark.parametrize("explains", [True, False])
def test_explanations_are_made_beside_the_loop_each_alone(explains: bool) -> None:
    """They may take seconds, which pings do not wait for, nor one another longer than the deadline."""
    asking = b'{"records":[{}],"explain":true}'
    bodies = [b"a", b"b", asking, asking, b"c"]
    askers, echo, _ = _asked(bodies, explains=explains)
    assert [asker.outcomes[0].body for asker in askers] == bodies
    together, alone = (2, False), (1, True)
    expected = [together, alone, alone, (1, False)] if explains else [(5, False)]
    assert list(zip(map(len, echo.lots), echo.beside, strict=True)) == expected


def test_what_waited_too_long_is_told_to_come_back() -> None:
    askers, echo, _ = _asked([b"a", b"b"], deadline=0.0)
    assert [asker.outcomes for asker in askers] == [[LATE], [LATE]]
    assert echo.lots == []


def test_nobody_waits_who_would_wait_too_long() -> None:
    queue = Queue(asyncio.new_event_loop(), 1.0, lambda *_: None)
    queue._cost = 0.3
    assert [queue.ask(Asker(), HEAD, b"") for _ in range(6)] == [True] * 4 + [False] * 2


class Priced:
    """A model of which one call costs `call` seconds and each row `row` more, by a clock of its own."""

    def __init__(self, call: float, row: float) -> None:
        self.call, self.row = call, row
        self.now = 0.0

    def predict(self, rows: bytes) -> list[float]:
        count = len(rows) // 4
        self.now += self.call + self.row * count
        return [0.5] * count


@pytest.mark.parametrize(("call", "row", "gains"), [(2e-4, 1e-6, True), (0, 2e-5, False), (1e-6, 2e-5, False)])
def test_requests_are_joined_where_the_model_gains(
    monkeypatch: pytest.MonkeyPatch, call: float, row: float, gains: bool
) -> None:
    priced = Priced(call, row)
    monkeypatch.setattr(http_model, "perf_counter", lambda: priced.now)

    assert gains_together(priced, 1) is gains


def test_what_fails_together_is_answered_alone() -> None:
    """One request's rows must not fail another's."""
    told: list[str] = []

    def report(kind: str, text: str) -> str:
        told.append(text)
        return "7-1"

    model = object.__new__(Model)
    model.__dict__.update(joins=True, _predict=_picky, _report=report)
    decoded: list[Any] = [_Rows(b"good"), _Rows(b"bad!"), _Rows(b"fine")]
    scores = model._scores(decoded)
    assert [scores[0], scores[2]] == [[4.0], [4.0]]
    assert isinstance(scores[1], Outcome)
    assert scores[1].status == 500
    assert ["rows that I cannot" in text for text in told] == [True]


class _Rows:
    """As much of a decoded request as the model is asked with."""

    def __init__(self, rows: bytes) -> None:
        self.rows, self.count = rows, 1


def _picky(rows: bytes) -> list[float]:
    if b"bad!" in rows:
        raise ValueError("rows that I cannot predict")
    return [4.0] * (len(rows) // 4)


@pytest.mark.parametrize(
    ("cpus", "memory", "model", "workers", "threads"),
    [
        (1, _GIGABYTE, 0, 1, 1),
        (4, 16 * _GIGABYTE, 10**6, 4, 1),
        (8, 4 * _GIGABYTE, 200 * 10**6, 3, 2),
        (8, _GIGABYTE, 2 * 10**9, 1, 8),
    ],
)
def test_workers_and_threads_follow_from_the_instance(
    cpus: int, memory: int, model: int, workers: int, threads: int
) -> None:
    assert size(cpus, memory, model) == (workers, threads)


def test_variables_win_over_the_instance() -> None:
    told = {"MLSPEC_PORT": "9", "MLSPEC_WORKERS": "3", "MLSPEC_THREADS": "2", "MLSPEC_ACCESS_LOG": "off"}
    settings = settings_from(told)
    assert (settings.port, settings.workers, settings.threads, settings.access_log) == (9, 3, 2, False)
    assert settings_from({"SAGEMAKER_BIND_TO_PORT": "8090"}).port == 8090
    assert Limits().body >= 25 * 10**6


def test_an_empty_variable_is_none() -> None:
    names = ("PORT", "HOST", "MODEL_DIR", "WORKERS", "THREADS", "ACCESS_LOG")
    assert settings_from({f"MLSPEC_{name}": "" for name in names}) == settings_from({})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("MLSPEC_PORT", text) for text in ("abc", "70000", "-1", "80.5", "9" * 5000, "\u0664")),
        ("SAGEMAKER_BIND_TO_PORT", "x"),
        *(("MLSPEC_WORKERS", text) for text in ("two", "0", "-3", "1.5", "257")),
        ("MLSPEC_THREADS", "0"),
        ("MLSPEC_ACCESS_LOG", "maybe"),
    ],
)
def test_what_a_variable_cannot_be_is_told_by_its_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} is '.{{1,40}}', not (a whole number from \d+ to \d+|on or off)"):
        settings_from({name: text})


def test_counters_of_all_workers_add_up() -> None:
    shared = SharedCounters(3)
    for worker in range(3):
        row = shared.row(worker)
        row.answered("invocations", 200)
        row.took([0.0007, 0.0006, 0.0008] if worker else [0.0007, 0.7])
        row.add("rows", 5)
        row.put("connections", worker)
    sums = shared.sums()
    assert (sums.answers("invocations", 200), sums.total("rows"), sums.total("connections")) == (3, 15, 3)
    assert (sums.buckets()[:3], sum(sums.buckets())) == ([0, 7, 0], 8)
    assert sums.seconds() == pytest.approx(0.7049)


def test_counts_of_the_same_bins_are_added_up() -> None:
    one = {"rows": 2, "columns": {"a": {"counts": [1, 0], "nulls": 1}}, "prediction": {"counts": [2]}}
    other = {"rows": 1, "columns": {"a": {"counts": [0, 1], "nulls": 0}}, "prediction": {"counts": [1]}}
    both = {"rows": 3, "columns": {"a": {"counts": [1, 1], "nulls": 1}}, "prediction": {"counts": [3]}}
    assert merged(one, other) == both
    assert merged({}, one) == merged(one, {}) == one


def test_a_hundred_latencies_stand_for_all() -> None:
    values = [float(value) for value in range(5000, 0, -1)]
    kept = ranked(values)
    assert len(kept) == 100
    assert (kept[0], kept[-1]) == (1.0, 5000.0)
    assert ranked([3.0, 1.0]) == [1.0, 3.0]
