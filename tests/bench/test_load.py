"""Load is sent when it is due, counted from then, and told by what came back."""

import json
import random
from dataclasses import replace

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.models import Column
from mlspec.targets.load.payloads import Mix, Payload, payloads, record
from mlspec.targets.load.places import place_of
from mlspec.targets.load.plots import Line, linear, plot
from mlspec.targets.load.processes import measure
from mlspec.targets.load.run import Order
from mlspec.targets.load.samples import Samples, Summary, merged, summarize
from mlspec.targets.load.search import Bound, highest_rate
from tests.bench.conftest import Server, serving

COLUMNS = {
    "km": Column(type="float", min=0, max=9.5, nullable=True),
    "stops": Column(type="int", min=1),
    "city": Column(type="category", values=("oslo", "rome")),
    "member": Column(type="bool"),
    "ride": Column(type="string", role="id"),
    "late": Column(type="bool", role="label"),
}
GOOD = (Payload(b"{}"),)


def _order(url: str, **told: float) -> Order:
    values = {"rate": 100.0, "seconds": 1.0, "warmup": 0.0, "connections": 4, "patience": 60.0, **told}
    return Order(place_of(url), GOOD, **values)  # type: ignore[arg-type]


def test_payloads_follow_the_contract_and_the_seed() -> None:
    made = payloads(COLUMNS, Mix(rows=3, seed=5))
    assert made == payloads(COLUMNS, Mix(rows=3, seed=5))
    assert made != payloads(COLUMNS, Mix(rows=3, seed=6))
    rows = [row for payload in made for row in json.loads(payload.body)["records"]]
    assert len(rows) == 3 * len(made)
    for row in rows:
        assert set(row) == {"km", "stops", "city", "member"}
        assert row["km"] is None or 0 <= row["km"] <= 9.5
        assert isinstance(row["stops"], int)
        assert row["stops"] >= 1
        assert row["city"] in ("oslo", "rome")
    assert any(row["km"] is None for row in rows)


def test_numbers_stay_within_the_narrowest_bounds() -> None:
    column = Column(type="float", min=1.23456789, max=1.23456790)
    chance = random.Random(0)
    assert all(1.23456789 <= record({"x": column}, chance)["x"] <= 1.23456790 for _ in range(100))


def test_the_broken_share_is_what_was_asked_and_says_so() -> None:
    made = payloads(COLUMNS, Mix(malformed=0.01))
    broken = [payload for payload in made if payload.malformed]
    assert len(broken) / len(made) == pytest.approx(0.01, rel=0.1)
    assert len({payload.body for payload in broken}) == len(broken)


@pytest.mark.parametrize("share", [0.004, 0.3, 0.4, 0.7, 0.99, 1.0])
def test_any_share_is_exact_and_shows_every_damage(share: float) -> None:
    made = payloads(COLUMNS, Mix(malformed=share))
    broken = [payload.body for payload in made if payload.malformed]
    assert len(broken) == pytest.approx(share * len(made))
    for damage in (b"neither", b"no such column", b"\xff\xfe"):
        assert any(damage in body for body in broken)
    ahead = [sum(payload.malformed for payload in made[:end]) - share * end for end in range(len(made))]
    assert max(map(abs, ahead)) <= 1


def test_bodies_of_many_rows_come_again_and_again() -> None:
    """As many as are made in a moment, whatever the share of broken ones."""
    made = payloads(COLUMNS, Mix(rows=5_000, malformed=0.1))
    good = {payload.body for payload in made if not payload.malformed}
    assert (len(made), len(good)) == (260, 8)
    assert all(len(json.loads(body)["records"]) == 5_000 for body in good)
    assert sum(payload.malformed for payload in made) == 26


def test_every_request_of_a_rate_is_sent_and_counted(good_server: Server) -> None:
    run = measure(_order(good_server.url, rate=300.0))
    assert run.requests == len(good_server.bodies) == 300
    assert run.outcomes == {"200": 300}
    assert run.failures == 0
    assert sum(moment.replies for moment in run.course) == 300


def test_what_waits_behind_a_slow_reply_is_late_from_when_it_was_due() -> None:
    """The first reply takes half a second, on the only connection: what falls due meanwhile cannot be quick."""
    with serving(lambda number, body: (200, 0.5 if number == 0 else 0.0)) as server:
        run = measure(_order(server.url, rate=100.0, connections=1))
    assert run.requests == 100
    assert run.latency[75.0] >= 240  # request 24 was due 240 ms after the first, whose reply held it until 500 ms
    assert run.latency[100.0] >= 500


def test_failures_are_told_by_status() -> None:
    with serving(lambda number, body: (503 if number % 4 == 3 else 200, 0.0)) as server:
        run = measure(_order(server.url))
    assert run.outcomes == {"200": 75, "503": 25}
    assert run.failures == 25


def test_a_connection_that_breaks_loses_one_request_and_is_replaced() -> None:
    with serving(lambda number, body: (0 if number == 10 else 200, 0.0)) as server:
        run = measure(_order(server.url, connections=1))
    assert run.outcomes == {"200": 99, "connection lost": 1}
    assert run.failures == 1


def test_what_is_never_answered_counts_with_the_time_it_waited() -> None:
    with serving(lambda number, body: (200, 60.0 if number == 0 else 0.0)) as server:
        run = measure(_order(server.url, connections=1, patience=0.2))
    assert run.outcomes == {"no reply": 100}
    assert run.latency[100.0] >= 1000
    assert run.throughput == 0


def test_a_malformed_request_must_be_refused() -> None:
    mixed = (Payload(b"{}"), Payload(b"{", malformed=True))
    with serving(lambda number, body: (400 if body == b"{" else 200, 0.0)) as server:
        order = _order(server.url)
        strict = measure(replace(order, payloads=mixed, connections=64))
    assert (strict.outcomes, strict.failures) == ({"200": 50, "400 (malformed)": 50}, 0)
    with serving(lambda number, body: (200, 0.0)) as server:
        lax = measure(replace(_order(server.url), payloads=mixed, connections=64))
    assert lax.failures == 50


def test_as_fast_as_replies_come_keeps_every_connection_busy(good_server: Server) -> None:
    run = measure(_order(good_server.url, rate=0.0, seconds=0.5))
    assert run.throughput > 0
    assert run.outcomes == {"200": run.requests}


def test_several_processes_share_the_rate(good_server: Server) -> None:
    run = measure(_order(good_server.url, rate=200.0), processes=2)
    assert run.requests == len(good_server.bodies) == 200


def test_what_processes_counted_is_one_run() -> None:
    parts = [Samples(seconds=1.0), Samples(seconds=1.0)]
    for value, part in zip((1000, 3000), parts, strict=True):
        part.latencies.append(value)
        part.times.append(0)
        part.outcomes[("200", False)] += 1
    run = summarize(merged(parts), rate=2)
    assert (run.requests, run.throughput, run.mean) == (2, 2.0, 2.0)
    assert run.latency[100.0] == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://",
        "http://127.0.0.1:99999",
        "http://ü/",
        "http://127.0.0.1/a b",
        "http://me:secret@127.0.0.1/",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(SpecError, match="ML830"):
        place_of(url)


def test_another_machine_is_refused_unless_that_is_said() -> None:
    with pytest.raises(SpecError, match="not on this machine"):
        place_of("http://example.com/x")
    place = place_of("https://example.com/x?y=1", remote=True)
    assert (place.port, place.path, place.secure) == (443, "/x?y=1", True)


@pytest.mark.parametrize("url", ["http://localhost:80", "http://localhost/"])
def test_a_host_alone_is_asked_where_servers_answer(url: str) -> None:
    assert place_of(url).url == "http://localhost/invocations"


def test_nobody_there_is_a_diagnostic(good_server: Server) -> None:
    with pytest.raises(SpecError, match="ML831"):
        measure(_order("http://127.0.0.1:1/", rate=1.0))
    with pytest.raises(SpecError, match="ML831"):
        measure(replace(_order(good_server.url), place=place_of("http://a..b/", remote=True)))


def _run(rate: float, p99: float) -> Summary:
    return Summary(rate, rate, 1, {99.0: p99}, p99, {"200": 1}, 0, (), "")


def test_the_highest_rate_within_a_bound_is_found() -> None:
    best, runs = highest_rate(lambda rate: _run(rate, 1 if rate <= 620 else 9), Bound(5.0), capacity=1000)
    assert best is not None
    assert 610 <= best.rate <= 620
    assert len(runs) == 7
    none, _ = highest_rate(lambda rate: _run(rate, 9), Bound(5.0), capacity=1000)
    assert none is None


def test_a_plot_says_what_it_is_given_and_nothing_runs_in_it() -> None:
    svg = plot([Line("<b>", [(0, 1), (1, 2)])], linear("x", [1.0]), linear("y", [2.0]))
    assert "&lt;b&gt;" in svg
    assert "<b>" not in svg


def test_what_was_answered_in_time_is_the_throughput_whatever_came_of_the_rest() -> None:
    """Each second request breaks its connection, the last is never answered: the others were answered all the same."""
    with serving(lambda number, body: (200 if number % 2 else 0, 60.0 if number == 99 else 0.0)) as server:
        run = measure(_order(server.url, connections=1, patience=0.2))
    assert run.outcomes == {"200": 49, "connection lost": 50, "no reply": 1}
    assert run.throughput == 49
    assert not run.kept_up
