"""Whether rows in memory keep a contract's bounds, told without NumPy: the least and the most of each column tell."""

from collections.abc import Collection, Sequence

from mlspec.runtime.payload import ServingContract


def plainly_in_bounds(contract: ServingContract, rows: bytes) -> bool:
    """Whether each value of `rows`, float32 with NaN for missing, is what its column may hold."""
    values = memoryview(rows).cast("f").tolist()
    width = len(contract.LIMITS)
    return all(_fit(values[at::width], *limit) for at, limit in enumerate(contract.LIMITS.values()))


def _fit(column: Sequence[float], low: float, high: float, whole: bool, nulls: bool) -> bool:
    """Whether the values of one column are from `low` to `high`; of whole ones few differ, and each is judged once."""
    values: Collection[float] = set(column) if whole else column
    total = sum(values)
    if total != total:  # a NaN is among them, or infinity of both signs, which is out of bounds below
        there = [value for value in values if value == value]
        if len(there) < len(values) and not nulls:
            return False
        values = there
    if not values:
        return True
    return low <= min(values) and max(values) <= high and (not whole or all(map(float.is_integer, values)))
