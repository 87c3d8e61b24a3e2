"""Drift on counts, against SciPy and NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from mlspec.runtime.drift import METHODS, js, psi

COUNTS = st.integers(1, 30).flatmap(
    lambda bins: st.tuples(
        *[st.lists(st.integers(0, 10**7), min_size=bins, max_size=bins).filter(any) for _ in range(2)]
    )
)


@settings(deadline=None)
@given(COUNTS)
def test_js_is_scipys_distance_in_bits(counts: tuple[list[int], list[int]]) -> None:
    reference, present = counts

    expected = float(np.nan_to_num(jensenshannon(reference, present, base=2)))

    # SciPy takes the root of a difference that rounding may leave at 1e-17 where the two are equal.
    assert js(reference, present) ** 2 == pytest.approx(expected**2, abs=1e-9)
    if expected > 1e-4:
        assert js(reference, present) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(COUNTS)
def test_psi_is_the_formula_on_counts_with_half_a_row_more_in_each_bin(counts: tuple[list[int], list[int]]) -> None:
    reference, present = (np.array(side, np.float64) + 0.5 for side in counts)
    q, p = reference / reference.sum(), present / present.sum()

    assert psi(*counts) == pytest.approx(float(((p - q) * np.log(p / q)).sum()), abs=1e-9)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_equal_shares_are_no_drift(method: str) -> None:
    assert METHODS[method]([10_000, 20_000, 30_000], [10_000, 20_000, 30_000]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_more_moved_rows_are_more_drift(method: str) -> None:
    drifts = [METHODS[method]([500, 500], [500 - moved, 500 + moved]) for moved in (0, 50, 100, 300, 500)]

    assert drifts == sorted(set(drifts))


@pytest.mark.parametrize("method", sorted(METHODS))
def test_histograms_on_other_bins_are_not_compared(method: str) -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        METHODS[method]([1, 2], [1, 2, 3])


def test_disjoint_histograms_are_one_bit_apart() -> None:
    assert js([7, 0], [0, 9]) == 1


def test_no_rows_have_no_distance() -> None:
    with pytest.raises(ValueError, match="no rows"):
        js([1, 2], [0, 0])
