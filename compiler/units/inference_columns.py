"""A feature column turned into the Python type that checks its values, into words, and into the model's inputs."""

import math
from typing import NamedTuple

from mlspec.specs.models import Column

FLOAT32 = 3.4028234663852886e38
_INT64 = 2**63

# What a part of a time is, in UTC: the expression over a datetime `at`, the smallest and the largest value.
PARTS: dict[str, tuple[str, int, int]] = {
    "year": ("at.year", 1, 9999),
    "month": ("at.month", 1, 12),
    "day": ("at.day", 1, 31),
    "hour": ("at.hour", 0, 23),
    "minute": ("at.minute", 0, 59),
    "weekday": ("at.weekday()", 0, 6),
    "day_of_year": ("at.timetuple().tm_yday", 1, 366),
}


class Input(NamedTuple):
    """One input of the model: its categories, its bounds, whether it is a whole number, and may be missing."""

    name: str
    values: tuple[str, ...]
    low: float
    high: float
    whole: bool
    nulls: bool


def inputs_of(name: str, column: Column) -> list[Input]:
    """The inputs that a feature becomes, in the model's order: one for each part of a time, else one."""
    nulls = bool(column.nullable)
    match column.type:
        case "datetime":
            return [Input(f"{name}.{part}", (), *PARTS[part][1:], True, nulls) for part in column.parts]
        case "category":
            return [Input(name, column.values, 0, len(column.values) - 1, True, nulls)]
        case "bool":
            return [Input(name, (), 0, 1, True, nulls)]
        case "int":
            return [Input(name, (), *_int_bounds(column), True, nulls)]
        case _:
            return [Input(name, (), *_float_bounds(column), False, nulls)]


def column_type(column: Column) -> str:
    """The type of a feature's values, as msgspec checks them: strictly, bounds included."""
    plain = value_type(column)
    return f"{plain} | None" if column.nullable else plain


def value_type(column: Column) -> str:
    """The same for values that are there."""
    match column.type:
        case "float":
            low, high = _float_bounds(column)
            return f"Annotated[float, Meta(ge={low!r}, le={high!r})]"
        case "int":
            least, most = _int_bounds(column)
            return f"Annotated[int, Meta(ge={least}, le={most})]"
        case "bool":
            return "bool"
        case "category":
            return "str"
        case "datetime":
            return "datetime"
        case other:
            raise ValueError(f"a feature cannot be a {other}")


def _float_bounds(column: Column) -> tuple[float, float]:
    """The spec's bounds, or what float32 can hold; every comparison also refuses NaN."""
    low = -FLOAT32 if column.min is None else column.min
    high = FLOAT32 if column.max is None else column.max
    return max(low, -FLOAT32), min(high, FLOAT32)


def _int_bounds(column: Column) -> tuple[int, int]:
    """The spec's bounds as whole numbers, or what 64 bits can hold."""
    low = -_INT64 if column.min is None else math.ceil(column.min)
    high = _INT64 - 1 if column.max is None else math.floor(column.max)
    return max(low, -_INT64), min(high, _INT64 - 1)


def column_words(column: Column) -> str:
    """What the column may hold, in words."""
    words = {
        "bool": "true or false",
        "category": "a text",
        "datetime": "a time such as 2013-05-16T06:00:00Z",
        "int": "a whole number",
        "float": "a number",
    }
    text = words[column.type or ""]
    if column.type in ("int", "float"):
        text += _range_wording(column)
    return f"{text} or null" if column.nullable else text


def _range_wording(column: Column) -> str:
    match column.min, column.max:
        case None, None:
            return " of 64 bits" if column.type == "int" else " that float32 can hold"
        case low, None:
            return f" of at least {low:.17g}"
        case None, high:
            return f" of at most {high:.17g}"
        case low, high:
            return f" from {low:.17g} to {high:.17g}"
