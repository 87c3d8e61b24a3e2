"""What the service writes to its log: metrics and histograms, when they fall due, and with nothing lost between."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from mlspec.runtime.histograms import Histograms

Lines = Callable[[], list[dict[str, Any]]]
START = 1_767_225_600.0


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def test_nothing_is_written_before_it_is_due(at: Any, unit: Any, good_row: dict[str, Any], lines_of: Lines) -> None:
    service = unit.service()
    for _ in range(99):
        service({"records": [good_row]}, None)

    assert lines_of() == []


def test_a_hundred_requests_are_one_metrics_line_and_one_histogram(
    at: Any, unit: Any, good_row: dict[str, Any], lines_of: Lines
) -> None:
    service = unit.service()
    for number in range(100):
        service({"records": [good_row]} if number % 4 else {"records": 1}, None)

    metrics, histogram = lines_of()

    directive = metrics["_aws"]["CloudWatchMetrics"][0]
    assert metrics["_aws"]["Timestamp"] == START * 1000
    assert directive["Namespace"] == "mlspec"
    assert directive["Dimensions"] == [["model", "environment"], ["model", "environment", "version"]]
    assert [(m["Name"], m["Unit"]) for m in directive["Metrics"]] == [
        ("requests", "Count"),
        ("rows", "Count"),
        ("errors", "Count"),
        ("rejects", "Count"),
        ("latency", "Milliseconds"),
    ]
    assert (metrics["model"], metrics["environment"], metrics["version"]) == ("rides", "dev", "3")
    assert (metrics["requests"], metrics["rows"], sum(metrics["errors"])) == (100, 75, 0)
    assert metrics["rejects"] == [1, 0, 0, 0] * 25
    assert len(metrics["latency"]) == 100
    assert histogram["rows"] == 75


def test_a_histogram_line_counts_on_the_bins_of_the_profile(
    at: Any, unit: Any, good_row: dict[str, Any], lines_of: Lines
) -> None:
    service = unit.service()
    at.shift(4)
    service({"records": [{**good_row, "km": 0.7, "city": "paris", "kind": None}]}, None)
    at.shift(6)
    service({"records": [{**good_row, "km": 0.1, "stops": 20}]}, None)

    _, line = lines_of()

    predictions = line.pop("prediction")
    assert sum(predictions["counts"]) == 2
    assert line.pop("columns") == {
        "hour": {"counts": [0, 0, 0, 2, 0], "nulls": 0},
        "city": {"counts": [0, 1, 0, 1], "nulls": 0},
        "member": {"counts": [0, 0, 2, 0, 0], "nulls": 0},
        "km": {"counts": [0, 1, 1, 0, 0], "nulls": 0},
        "temp": {"counts": [0, 0, 0, 0, 0], "nulls": 2},
        "kind": {"counts": [0, 1, 0], "nulls": 1},
        "stops": {"counts": [0, 0, 1, 0, 1], "nulls": 0},
    }
    assert line == {
        "mlspec": "histogram",
        "model": "rides",
        "environment": "dev",
        "version": "3",
        "release": "20260101000000-abcdef01",
        "profile": "0123456789ab",
        "from": (START + 4) * 1000,
        "to": (START + 10) * 1000,
        "rows": 2,
    }


@pytest.mark.parametrize(("rows", "written"), [(255, 0), (256, 2)])
def test_many_rows_are_written_at_once(
    at: Any, unit: Any, good_row: dict[str, Any], lines_of: Lines, rows: int, written: int
) -> None:
    unit.service()({"records": [good_row] * rows}, None)

    assert len(lines_of()) == written


def test_requests_that_predict_nothing_leave_no_histogram(at: Any, unit: Any, lines_of: Lines) -> None:
    service = unit.service()
    at.shift(10)
    service({}, None)

    assert [line.get("rejects") for line in lines_of()] == [[1]]


EDGES = [-1.5, 0.1, 0.7, 3.0]
PROFILE = {
    "columns": {
        "x": {"kind": "numeric", "edges": EDGES, "counts": [], "nulls": 0},
        "c": {"kind": "category", "values": ["a", "b", "c"], "counts": [], "nulls": 0},
        "flat": {"kind": "numeric", "edges": [], "counts": [], "nulls": 0},
    },
    "prediction": {"kind": "numeric", "edges": [0.5], "counts": []},
}
ROW = st.tuples(
    st.none() | st.sampled_from(EDGES) | st.floats(-5, 5, width=32),
    st.none() | st.sampled_from([0, 1, 2, np.inf]),
    st.none() | st.floats(-5, 5, width=32),
    st.floats(0, 1, width=32),
)


def served(histograms: Histograms, rows: list[Any]) -> None:
    matrix = np.array([row[:3] for row in rows], np.float32)
    histograms.add(matrix.tobytes(), [row[3] for row in rows])


def expected_bin(value: float, edges: list[float]) -> int:
    return sum(bool(np.float32(value) >= np.float32(edge)) for edge in edges)


@settings(max_examples=100, deadline=None)
@given(requests=st.lists(st.lists(ROW, min_size=1, max_size=5), min_size=1, max_size=6))
def test_counts_are_those_of_looking_at_each_value(requests: list[Any]) -> None:
    histograms = Histograms(PROFILE, ["x", "c", "flat"])
    for rows in requests:
        served(histograms, rows)
    counted = histograms.take()

    rows = [row for request in requests for row in request]
    numbers, codes = [row[0] for row in rows], [row[1] for row in rows]
    bins = [expected_bin(value, EDGES) for value in numbers if value is not None]
    categories = [3 if code == np.inf else code for code in codes if code is not None]
    assert counted["columns"]["x"] == {"counts": [bins.count(at) for at in range(5)], "nulls": numbers.count(None)}
    assert counted["columns"]["c"] == {"counts": [categories.count(at) for at in range(4)], "nulls": codes.count(None)}
    assert sum(counted["columns"]["flat"]["counts"]) + counted["columns"]["flat"]["nulls"] == len(rows)
    assert counted["prediction"]["counts"][1] == sum(row[3] >= 0.5 for row in rows)
    assert counted["rows"] == len(rows)


def test_taking_empties_the_counts() -> None:
    histograms = Histograms(PROFILE, ["x", "c", "flat"])
    served(histograms, [(1.0, 0, 2.0, 0.5)])
    histograms.take()

    again = histograms.take()

    assert again["rows"] == 0
    assert json.dumps(again).count("1") == 0
