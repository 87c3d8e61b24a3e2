"""What a column's values become: CSV's text the type that the contract has, and any value what JSON has."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from math import isfinite
from typing import Any

from mlspec.specs.models import Column

_WORDS = {"true": True, "false": False, "True": True, "False": False, "1": True, "0": False}
_PLAIN = frozenset([str, int, bool, type(None)])


def reader_of(column: Column | None) -> Callable[[str], Any]:
    """What makes a column's value of CSV's text: text that is no such value stays, and the model says what is wrong."""
    return _READERS.get(column.type or "", _text) if column else _text


def whole(value: float | None) -> float | int | None:
    """7 for 7.0, as whole numbers are that were kept as floating point."""
    return int(value) if value is not None and value.is_integer() else value


def plain(value: Any) -> Any:
    """`value` as JSON has it: times as ISO 8601, decimal numbers as numbers, numbers that JSON has not as null."""
    kind = type(value)
    if kind is float:
        return value if isfinite(value) else None
    if kind in _PLAIN:
        return value
    if isinstance(value, Decimal):
        return plain(int(value) if value.is_finite() and value == value.to_integral_value() else float(value))
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, (date, time)) else value


def _text(text: str) -> str | None:
    return text or None


def _number(text: str) -> float | str | None:
    try:
        return float(text) if "_" not in text else text  # 1_000 is Python's alone
    except ValueError:
        return text or None


def _integer(text: str) -> float | int | str | None:
    number = _number(text)
    if not isinstance(number, float):
        return number
    return int(text) if text.strip().lstrip("+-").isdecimal() else whole(number)  # floats are exact to 2 ** 53


def _truth(text: str) -> bool | str | None:
    return _WORDS.get(text, text or None)


_READERS: dict[str, Callable[[str], Any]] = {"float": _number, "int": _integer, "bool": _truth}
