"""Requests for churn, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "churn"
TASK = "binary"
MAX_ROWS = 10000  # default
TIMEOUT = 2.5  # spec.yaml:19:12

# spec.yaml:9:5
_PLAN_CODES: dict[str, float] = {
    "free": 0.0,
    "team": 1.0,
    "company": 2.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "plan": tuple(_PLAN_CODES),
    "logins": (),
    "spend": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "plan": (0, 2, True, False),
    "logins": (0, 9223372036854775807, True, True),
    "spend": (0.0, 100000.0, False, False),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "plan": "a text",
    "logins": "a whole number of at least 0 or null",
    "spend": "a number from 0 to 100000",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # spec.yaml:8:5
    customer: Any = None
    # spec.yaml:9:5
    plan: str
    # spec.yaml:10:5
    logins: Annotated[int, Meta(ge=0, le=9223372036854775807)] | None
    # spec.yaml:11:5
    spend: Annotated[float, Meta(ge=0.0, le=100000.0)]
    # spec.yaml:12:5
    churned: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # spec.yaml:8:5
    customer: Any = None
    # spec.yaml:9:5
    plan: list[str]
    # spec.yaml:10:5
    logins: list[Annotated[int, Meta(ge=0, le=9223372036854775807)] | None]
    # spec.yaml:11:5
    spend: list[Annotated[float, Meta(ge=0.0, le=100000.0)]]
    # spec.yaml:12:5
    churned: Any = None


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds: one of the two, and whether the good rows are wanted where others are bad."""

    records: Annotated[list[Record], Meta(min_length=1)] | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET
    partial: bool = False
    explain: bool = False


decode = Decoder(Request).decode
_row = Layout("=3f").pack


def assemble(records: list[Record]) -> bytes:
    """The features as float32, row after row: null is NaN, a category that the model never saw is infinity."""
    return b"".join(
        [
            _row(
                _PLAN_CODES.get(r.plan, inf),
                nan if r.logins is None else r.logins,
                r.spend,
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.plan)


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={rows}f").pack
    table = array("f", bytes(rows * 12))
    columns: tuple[Iterable[float], ...] = (
        [_PLAN_CODES.get(v, inf) for v in c.plan],
        [nan if v is None else v for v in c.logins],
        c.spend,
    )
    for at, values in enumerate(columns):
        table[at::3] = array("f", pack(*values))
    return table.tobytes()
