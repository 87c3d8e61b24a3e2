"""Shapley values of one leaf of a tree, exact: how much of its weight each feature on its path accounts for."""

from collections.abc import Sequence
from math import factorial


def leaf_shares(mask: int, shares: Sequence[float]) -> list[float]:
    """For a leaf of weight 1, the Shapley value of each feature on its path (path-dependent TreeSHAP, Lundberg 2018,
    https://arxiv.org/abs/1802.03888).

    `shares[i]`: of the training rows that reach feature i's tests, those that go on towards the leaf; bit i of `mask`:
    whether the row itself does. The leaf is worth, to features S, the product of 1 or 0 over S and of the shares over
    the others; so the rows that come by elsewhere count as often as they do in training."""
    count = len(shares)
    inside = [i for i in range(count) if mask >> i & 1]
    outside = 1.0
    for i in range(count):
        if not mask >> i & 1:
            outside *= shares[i]
    values = [0.0] * count
    for i in range(count):
        if mask >> i & 1:
            values[i] = (1.0 - shares[i]) * outside * _weighted([shares[j] for j in inside if j != i], count)
    if len(inside) < count:
        whole = _weighted([shares[j] for j in inside], count)
        for i in range(count):
            if not mask >> i & 1:
                others = 1.0
                for j in range(count):
                    if j != i and not mask >> j & 1:
                        others *= shares[j]
                values[i] = -shares[i] * others * whole
    return values


def _weighted(shares: Sequence[float], count: int) -> float:
    """The sum over subsets of k satisfied features of k!(count-k-1)!/count! times the shares of those left out."""
    sums = [1.0]
    for share in shares:
        sums = [share * a + b for a, b in zip([*sums, 0.0], [0.0, *sums], strict=True)]
    orders = [factorial(k) * factorial(count - k - 1) / factorial(count) for k in range(len(sums))]
    return sum(order * total for order, total in zip(orders, sums, strict=True))
