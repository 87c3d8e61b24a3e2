"""Many rows explained at once with NumPy: the Shapley values of an ensemble's leaves, exact, as arrays.

What a leaf is worth to some features is a product of one factor each, whose Shapley value is an integral from 0 to 1,
(o_i - p_i) * integral of the product over j != i of (t * o_j + (1 - t) * p_j) dt, where o is 1 for a test that the row
passes and p the share of the training rows that do (G. Owen, "Multilinear Extensions of Games", 1972). It is of a
polynomial, so that Gauss and Legendre's rule of half as many points as there are tests gives it whole."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

Array = Any  # of float64, unless it says otherwise
_CELLS = 100_000  # tests of rows that are looked at together: arrays that a processor's cache holds


class Batches:
    """Explains rows of `features` columns by `leaves`: (weight, tests, columns, shares, ...), a test being (bit,
    column, low, high, whether missing passes). Leaves with as many tests each are one group."""

    def __init__(self, leaves: Sequence[Any], features: int) -> None:
        self._features = features
        by_count = defaultdict(list)
        for leaf in leaves:
            by_count[len(leaf[1])].append(leaf)
        self._groups = [_Group(group, count) for count, group in sorted(by_count.items()) if count]

    def values(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """What each column adds, [rows, features], for rows [rows, features] in which missing is NaN."""
        matrix = np.array(rows, np.float64)
        totals = np.zeros((len(rows), self._features))
        for group in self._groups:
            step = max(1, _CELLS // group.tests)
            for start in range(0, len(rows), step):
                group.add(matrix[start : start + step], totals[start : start + step])
        values: list[list[float]] = totals.tolist()
        return values


class _Group:
    """Leaves of `count` tests each: arrays [tests], one leaf after another."""

    def __init__(self, leaves: Sequence[Any], count: int) -> None:
        asked = [test for leaf in leaves for test in leaf[1]]
        self.tests = len(asked)
        self._shape = (len(leaves), count)
        self._columns = np.array([test[1] for test in asked])
        self._low, self._high = (np.array([test[at] for test in asked], np.float64) for at in (2, 3))
        self._missing = np.array([test[4] for test in asked], bool)
        self._shares = np.array([leaf[3] for leaf in leaves], np.float64)
        self._weights = np.array([leaf[0] for leaf in leaves], np.float64)[:, None]
        self._order = np.argsort(self._columns, kind="stable")
        self._used, self._starts = np.unique(self._columns[self._order], return_index=True)
        points, weights = leggauss((count + 1) // 2)
        self._points, self._point_weights = (points + 1) / 2, weights / 2

    def add(self, rows: Array, totals: Array) -> None:
        """Add what each column adds by these leaves to `totals`."""
        passed = self._passed(rows)
        added = np.zeros(passed.shape)
        for point, weight in zip(self._points, self._point_weights, strict=True):
            factors = np.where(passed, point + (1 - point) * self._shares, (1 - point) * self._shares)
            whole = factors.prod(axis=2, keepdims=True) * (weight * self._weights)
            added += whole / np.where(factors == 0, 1.0, factors)  # no factor: no share, which adds nothing itself
        added *= passed - self._shares
        ordered = added.reshape(len(rows), -1)[:, self._order]
        totals[:, self._used] += np.add.reduceat(ordered, self._starts, axis=1)

    def _passed(self, rows: Array) -> Array:
        """Whether each row passes each test: bool [rows, leaves, tests of a leaf]."""
        values = rows[:, self._columns]
        within = (values > self._low) & (values <= self._high)
        return (within | (self._missing & np.isnan(values))).reshape(len(rows), *self._shape)
