"""A feature column turned into the Python type that checks its values, and into words for who sent something else."""

import math

from mlspec.specs.models import Column

_FLOAT32 = 3.4028234663852886e38
_INT64 = 2**63


def column_type(column: Column) -> str:
    """The type of a feature's values, as msgspec checks them: strictly, bounds included."""
    match column.type:
        case "float":
            low, high = _float_bounds(column)
            plain = f"Annotated[float, Meta(ge={low!r}, le={high!r})]"
        case "int":
            least, most = _int_bounds(column)
            plain = f"Annotated[int, Meta(ge={least}, le={most})]"
        case "bool":
            plain = "bool"
        case "category":
            plain = "str"
        case other:
            raise ValueError(f"a feature cannot be a {other}")
    return f"{plain} | None" if column.nullable else plain


def _float_bounds(column: Column) -> tuple[float, float]:
    """The spec's bounds, or what float32 can hold; every comparison also refuses NaN."""
    low = -_FLOAT32 if column.min is None else column.min
    high = _FLOAT32 if column.max is None else column.max
    return max(low, -_FLOAT32), min(high, _FLOAT32)


def _int_bounds(column: Column) -> tuple[int, int]:
    """The spec's bounds as whole numbers, or what 64 bits can hold."""
    low = -_INT64 if column.min is None else math.ceil(column.min)
    high = _INT64 - 1 if column.max is None else math.floor(column.max)
    return max(low, -_INT64), min(high, _INT64 - 1)


def column_words(column: Column) -> str:
    """What the column may hold, in words."""
    words = {"bool": "true or false", "category": "a text", "int": "a whole number", "float": "a number"}
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
