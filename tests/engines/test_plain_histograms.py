"""Counting without NumPy gives what counting with it gives, for any rows in any portions."""

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlspec.runtime.histograms import Histograms
from mlspec.runtime.plain_histograms import Histograms as PlainHistograms

EDGES = [-1.5, 0.1, 0.7, 3.0]
PROFILE = {
    "columns": {
        "x": {"kind": "numeric", "edges": EDGES},
        "c": {"kind": "category", "values": ["a", "b", "c"]},
        "one": {"kind": "category", "values": ["a"]},
        "flat": {"kind": "numeric", "edges": []},
        "fine": {"kind": "numeric", "edges": [1e-40, 0.1, 0.1 + 1e-9, 16777217.0]},
    },
    "prediction": {"kind": "numeric", "edges": [0.1, 0.5]},
}
FEATURES = ["x", "c", "unwatched", "one", "flat", "fine"]
NUMBER = st.just(np.nan) | st.sampled_from(EDGES) | st.floats(width=32, allow_infinity=False)
CODE = st.sampled_from([0.0, 1.0, 2.0, np.inf, np.nan])
ROW = st.tuples(NUMBER, CODE, NUMBER, st.sampled_from([0.0, np.inf, np.nan]), NUMBER, NUMBER)
SCORE = st.sampled_from([0.1, 0.5, float(np.float32(0.1))]) | st.floats(0, 1)


def portions(score: Any) -> Any:
    return st.lists(st.lists(st.tuples(ROW, score), min_size=1, max_size=8), max_size=6)


def counted(kind: Any, requests: list[Any], profile: Any = PROFILE) -> list[dict[str, Any]]:
    """What two takes give: of the requests, and of nothing."""
    histograms = kind(profile, FEATURES)
    for request in requests:
        rows = np.array([row for row, _ in request], np.float32).tobytes()
        histograms.add(rows, [score for _, score in request])
    return [histograms.take(), histograms.take()]


SEVERAL = {"low": {"kind": "numeric", "edges": [0.1, 0.5]}, "high": {"kind": "numeric", "edges": []}}


@settings(max_examples=100, deadline=None)
@given(requests=portions(st.lists(SCORE, min_size=2, max_size=2)))
def test_both_count_each_of_several_outputs(requests: list[Any]) -> None:
    profile = {**PROFILE, "prediction": {"outputs": SEVERAL}}
    plain = counted(PlainHistograms, requests, profile)

    assert plain == counted(Histograms, requests, profile)
    rows = sum(map(len, requests))
    assert {name: sum(one["counts"]) for name, one in plain[0]["prediction"]["outputs"].items()} == {
        "low": rows,
        "high": rows,
    }


@settings(max_examples=100, deadline=None)
@given(requests=portions(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=3, max_size=3)))
def test_both_count_the_length_of_an_embedding(requests: list[Any]) -> None:
    profile = {**PROFILE, "prediction": {"kind": "numeric", "edges": [0.5, 3.0, 1e20], "watched": "length"}}
    plain = counted(PlainHistograms, requests, profile)

    assert plain == counted(Histograms, requests, profile)
    lengths = [float(np.linalg.norm(vector)) for request in requests for _, vector in request]
    assert plain[0]["prediction"]["counts"][0] == sum(np.float32(length) < 0.5 for length in lengths)
    assert sum(plain[0]["prediction"]["counts"]) == len(lengths)


def test_many_rows_are_counted_in_portions() -> None:
    """More than are kept: none is lost, and none is counted twice."""
    drawn = np.random.default_rng(7)
    requests = [
        [((x, x > 0, 0.0, 0.0, x, x), float(drawn.random())) for x in drawn.normal(size=rows)]
        for rows in (1, 1500, 700, 5000, 3)
    ]

    assert counted(Histograms, requests) == counted(PlainHistograms, requests)


@settings(max_examples=200, deadline=None)
@given(requests=portions(SCORE) | portions(st.lists(SCORE, min_size=3, max_size=3)))
def test_both_count_the_same(requests: list[Any]) -> None:
    plain = counted(PlainHistograms, requests)

    assert plain == counted(Histograms, requests)
    assert plain[0]["rows"] == sum(map(len, requests))
    assert json.loads(json.dumps(plain)) == plain
