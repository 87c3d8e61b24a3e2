"""Parts cover all rows once, in the order of time, with no time in two of them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlspec.runtime.contract import ContractBroken
from mlspec.runtime.splits import Parts, split_rows
from mlspec.runtime.training_settings import Part, Split

DAY = 86_400_000


def times(days: list[int]) -> np.ndarray:
    return np.sort(np.array(days)) * DAY * 1000


def parts_of(parts: Parts) -> list[np.ndarray]:
    return [parts.train, parts.validation, parts.test]


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=200),
    st.sampled_from([Part(0.2), Part(0.5), Part(milliseconds=5 * DAY), Part(milliseconds=1)]),
    st.sampled_from([Part(), Part(0.1), Part(milliseconds=3 * DAY)]),
)
def test_no_time_is_in_two_parts(days: list[int], test: Part, validation: Part) -> None:
    at = times(days)
    try:
        parts = split_rows(len(at), Split("time", test, validation), seed=1, times=at)
    except ContractBroken:
        return
    assert np.concatenate(parts_of(parts)).tolist() == list(range(len(at)))
    seen = [at[rows] for rows in parts_of(parts) if len(rows)]
    assert all(older.max() < newer.min() for older, newer in pairwise(seen))


def test_durations_count_back_from_the_newest_row() -> None:
    at = times(list(range(30)))
    parts = split_rows(30, Split("time", Part(milliseconds=5 * DAY), Part(milliseconds=10 * DAY)), seed=1, times=at)
    assert [len(rows) for rows in parts_of(parts)] == [15, 10, 5]


def test_random_parts_follow_the_seed_and_cover_all_rows() -> None:
    split = Split("random", Part(0.2), Part(0.1))
    one, again, other = (split_rows(1000, split, seed=seed) for seed in (1, 1, 2))
    assert [len(rows) for rows in parts_of(one)] == [700, 100, 200]
    assert sorted(np.concatenate(parts_of(one))) == list(range(1000))
    assert all(np.array_equal(a, b) for a, b in zip(parts_of(one), parts_of(again), strict=True))
    assert not np.array_equal(one.test, other.test)


@pytest.mark.parametrize(
    ("split", "days", "message"),
    [
        (Split("time", Part(milliseconds=90 * DAY), Part()), 30, "no training rows of 30"),
        (Split("time", Part(0.5), Part(milliseconds=90 * DAY)), 30, "no training rows"),
        (Split("random", Part(0.2), Part()), 2, "no test rows of 2"),
        (Split("random", Part(milliseconds=DAY), Part()), 30, "takes shares"),
    ],
)
def test_a_split_that_leaves_nothing_says_so(split: Split, days: int, message: str) -> None:
    with pytest.raises(ContractBroken, match=message):
        split_rows(days, split, seed=1, times=times(list(range(days))))
