"""Requests that keep a spec's contract."""

import random
from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.models import Column

_WIDE = 100.0


def good_records(checked: Checked, count: int = 1, *, seed: int = 1) -> list[dict[str, Any]]:
    """`count` records with every feature."""
    drawn = random.Random(seed)
    return [{name: _value(column, drawn) for name, column in checked.spec.features.items()} for _ in range(count)]


def as_csv(records: list[dict[str, Any]]) -> bytes:
    """A line of names, and a line for each record."""
    lines = [",".join(records[0])]
    lines += [",".join(_field(value) for value in record.values()) for record in records]
    return ("\n".join(lines) + "\n").encode()


def _value(column: Column, drawn: random.Random) -> Any:
    low = 0.0 if column.min is None else column.min
    high = low + _WIDE if column.max is None else column.max
    match column.type:
        case "float":
            return round(drawn.uniform(low, high), 3)
        case "int":
            return drawn.randint(int(low), int(high))
        case "bool":
            return drawn.random() < 0.5
        case "category":
            return drawn.choice(column.values)
        case other:
            raise ValueError(f"no sample of {other}")


def _field(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
