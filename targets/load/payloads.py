"""A contract's columns turned into request bodies: valid ones from a seed, and a share that is broken on purpose."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from mlspec.specs.models import Column

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_NULLS = 0.05  # of the values of a column that may be null
_ROWS = 20_000  # made at most, as they take time and room
_FEWEST = 8  # different lists of rows, however long


@dataclass(frozen=True, slots=True)
class Payload:
    """One request's JSON; a malformed one must be answered with a 4xx, any other with a 2xx."""

    body: bytes
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Mix:
    """What is sent: how many different bodies, rows in each, and which share of them is broken (0 to 1)."""

    count: int = 256
    rows: int = 1
    malformed: float = 0.0
    seed: int = 0


def payloads(columns: Mapping[str, Column], mix: Mix) -> list[Payload]:
    """The bodies of `mix`, in an order that spreads the broken ones evenly, as many as make the share exact (to five
    digits) and show every damage; the same seed gives the same bytes. Bodies of many rows come more than once."""
    chance = random.Random(mix.seed)  # noqa: S311  (repeatable, not secret)
    broken, of = Fraction(mix.malformed).limit_denominator(100_000).as_integer_ratio()
    least = max(mix.count, -(-len(_DAMAGES) * of // broken) if broken else 0)
    count = -(-least // of) * of
    different = min(count, max(_FEWEST, _ROWS // mix.rows))
    pool = [[record(columns, chance) for _ in range(mix.rows)] for _ in range(different)]

    @cache
    def payload(which: int, damage: int | None) -> Payload:
        return Payload(_body(pool[which])) if damage is None else Payload(_DAMAGES[damage](pool[which]), True)

    made = []
    for number in range(count):
        before, after = number * broken // of, (number + 1) * broken // of
        made.append(payload(number % different, before % len(_DAMAGES) if after > before else None))
    return made


def record(columns: Mapping[str, Column], chance: random.Random) -> dict[str, Any]:
    """One row that keeps the contract: every feature, null now and then where that is allowed."""
    features = {name: column for name, column in columns.items() if column.role == "feature"}
    return {name: _value(column, chance) for name, column in features.items()}


def _value(column: Column, chance: random.Random) -> Any:
    if column.nullable and chance.random() < _NULLS:
        return None
    match column.type:
        case "category":
            return chance.choice(column.values)
        case "bool":
            return chance.random() < 0.5
        case "int":
            return chance.randint(*_whole_bounds(column))
        case "float":
            return _decimal(*_bounds(column), chance)
        case "datetime":
            return (_EPOCH + timedelta(seconds=chance.randrange(31_536_000))).isoformat().replace("+00:00", "Z")
        case other:
            raise ValueError(f"a feature cannot be a {other}")


def _decimal(low: float, high: float, chance: random.Random) -> float:
    """A number with about six digits, as people's data has, and within the bounds all the same."""
    value = float(f"{chance.uniform(low, high):.6g}")
    return min(max(value, low), high)


def _bounds(column: Column) -> tuple[float, float]:
    """The contract's bounds; an open end lies as far from the other as values of daily life do."""
    if column.min is None and column.max is None:
        return -3.0, 3.0
    low = column.min if column.min is not None else (column.max or 0.0) - 1000.0
    return low, column.max if column.max is not None else low + 1000.0


def _whole_bounds(column: Column) -> tuple[int, int]:
    low, high = _bounds(column)
    return -int(-low // 1), int(high // 1)


def _body(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"records": rows}, separators=(",", ":")).encode()


def _wrong_type(rows: list[dict[str, Any]]) -> bytes:
    first = next(iter(rows[0]))
    return _body([{**rows[0], first: ["neither", "a", "number"]}, *rows[1:]])


def _missing_column(rows: list[dict[str, Any]]) -> bytes:
    first = next(iter(rows[0]))
    return _body([{name: value for name, value in rows[0].items() if name != first}, *rows[1:]])


def _unknown_column(rows: list[dict[str, Any]]) -> bytes:
    return _body([{**rows[0], "no such column": 1}, *rows[1:]])


def _cut_short(rows: list[dict[str, Any]]) -> bytes:
    return _body(rows)[:-3]


def _not_text(rows: list[dict[str, Any]]) -> bytes:
    return b'{"records": [{"\xff\xfe": 1}]}'


_DAMAGES: tuple[Callable[[list[dict[str, Any]]], bytes], ...] = (
    _wrong_type,
    _missing_column,
    _unknown_column,
    _cut_short,
    _not_text,
)
