"""Histogram lines of many instances merge into what one instance that served everything would have counted."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlspec.runtime.histograms import Histograms
from mlspec.runtime.windows import Line, merge, read_lines

PROFILE = {
    "columns": {
        "km": {"kind": "numeric", "edges": [-1.0, 0.0, 2.5]},
        "city": {"kind": "category", "values": ["oslo", "rome"]},
    },
    "prediction": {"kind": "numeric", "edges": [0.5]},
}
KM = st.none() | st.sampled_from([-1.0, 0.0, 2.5]) | st.floats(-4, 4, width=32)
CITY = st.sampled_from([None, 0, 1, np.inf])
ROWS = st.lists(st.tuples(KM, CITY, st.floats(0, 1, width=32)), min_size=1, max_size=6)


def counted(requests: list[Any]) -> str:
    """One instance's line after it served the requests."""
    histograms = Histograms(PROFILE, ["km", "city"])
    for rows in requests:
        matrix = np.array([row[:2] for row in rows], np.float32)
        histograms.add(matrix.tobytes(), [float(row[2]) for row in rows])
    return json.dumps({"mlspec": "histogram", "release": "r", "profile": "p", "to": 5, **histograms.take()})


@settings(deadline=None)
@given(instances=st.lists(st.lists(ROWS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_the_sum_of_instances_is_the_whole(instances: list[list[Any]]) -> None:
    parts = read_lines([counted(requests) for requests in instances], release="r", profile="p")
    whole = read_lines([counted([rows for requests in instances for rows in requests])], release="r", profile="p")

    assert [merge(parts)] == whole
    assert merge(reversed(parts)) == merge([merge(parts[:1]), merge(parts[1:])] if parts[1:] else parts)


def test_nothing_merges_into_nothing() -> None:
    assert merge([]) == Line(end=0, rows=0, columns={}, predictions={})


def test_lines_on_other_bins_are_not_added() -> None:
    lines = [Line(1, 1, {"km": (1, 0)}, {"": (1,)}), Line(1, 1, {"km": (1, 0, 0)}, {"": (1,)})]

    with pytest.raises(ValueError, match="longer"):
        merge(lines)
