"""Two histograms on the same bins, the reference's and the present one's, turned into one number: their distance.

Both measures take plain counts. A column's nulls are one more bin: a sensor that fails is drift.
"""

from collections.abc import Callable, Mapping, Sequence
from math import fsum, log, log2, sqrt

# Added to every bin of both sides (Jeffreys' prior), so that an empty bin does not make PSI infinite.
SMOOTHING = 0.5


def psi(reference: Sequence[int], present: Sequence[int]) -> float:
    """The population stability index, sum of (p - q) ln(p / q), of counts smoothed by `SMOOTHING` a bin."""
    p, q = _shares(present, SMOOTHING), _shares(reference, SMOOTHING)
    return fsum((a - b) * log(a / b) for a, b in zip(p, q, strict=True))


def js(reference: Sequence[int], present: Sequence[int]) -> float:
    """The Jensen-Shannon distance: square root of the divergence in bits, between 0 (equal) and 1 (disjoint).

    An empty bin adds nothing, so nothing is smoothed."""
    p, q = _shares(present, 0.0), _shares(reference, 0.0)
    bits = fsum(_half(a, b) + _half(b, a) for a, b in zip(p, q, strict=True))
    return sqrt(min(1.0, max(0.0, bits)))


METHODS: Mapping[str, Callable[[Sequence[int], Sequence[int]], float]] = {"psi": psi, "js": js}


def _shares(counts: Sequence[int], smoothing: float) -> list[float]:
    total = sum(counts) + smoothing * len(counts)
    if total <= 0:
        raise ValueError("no rows were counted, so there is no distribution to compare")
    return [(count + smoothing) / total for count in counts]


def _half(share: float, other: float) -> float:
    """One side's part of the divergence: half its share times the bits by which it differs from the mean."""
    return 0.5 * share * log2(2 * share / (share + other)) if share else 0.0
