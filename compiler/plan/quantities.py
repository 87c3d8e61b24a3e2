"""Reads the quantities of a resolved spec (`20ms`, `95%`, `0.6`) as numbers that compare."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

_UNITS = {
    "": 1.0, "%": 0.01, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7, "w": 6.048e8,
    "B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40, "USD": 1.0, "EUR": 1.0,
}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z%]*)")

# What makes a limit looser: a number that rises, or one that falls.
Looser = Literal["rising", "falling"]


def amount(value: Any) -> float | None:
    """The number in its base unit; None for what is no quantity."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) * _UNITS[match[2]] if match and match[2] in _UNITS else None


def moved_limits(
    old: Mapping[str, Any], new: Mapping[str, Any], limits: Mapping[str, Looser]
) -> Iterator[tuple[str, bool]]:
    """The keys whose value differs, and whether that is looser; a limit that is left out limits nothing."""
    for key, direction in limits.items():
        before, after = amount(old.get(key)), amount(new.get(key))
        if before == after:
            continue
        if before is None or after is None:
            yield key, after is None
        else:
            yield key, (after > before) == (direction == "rising")
