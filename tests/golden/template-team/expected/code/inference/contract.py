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
TIMEOUT = 30.0  # default

# team.yaml:17:5
_PLAN_CODES: dict[str, float] = {
    "basic": 0.0,
    "plus": 1.0,
    "family": 2.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "tenure": (),
    "plan": tuple(_PLAN_CODES),
    "spend": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "tenure": (0, 600, True, False),
    "plan": (0, 2, True, False),
    "spend": (0.0, 100000.0, False, True),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "tenure": "a whole number from 0 to 600",
    "plan": "a text",
    "spend": "a number from 0 to 100000 or null",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # team.yaml:14:5
    customer: Any = None
    # team.yaml:15:5
    asked_at: Any = None
    # team.yaml:16:5
    tenure: Annotated[int, Meta(ge=0, le=600)]
    # team.yaml:17:5
    plan: str
    # team.yaml:18:5
    spend: Annotated[float, Meta(ge=0.0, le=100000.0)] | None
    # team.yaml:19:5
    left: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # team.yaml:14:5
    customer: Any = None
    # team.yaml:15:5
    asked_at: Any = None
    # team.yaml:16:5
    tenure: list[Annotated[int, Meta(ge=0, le=600)]]
    # team.yaml:17:5
    plan: list[str]
    # team.yaml:18:5
    spend: list[Annotated[float, Meta(ge=0.0, le=100000.0)] | None]
    # team.yaml:19:5
    left: Any = None


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
                r.tenure,
                _PLAN_CODES.get(r.plan, inf),
                nan if r.spend is None else r.spend,
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.tenure)


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={rows}f").pack
    table = array("f", bytes(rows * 12))
    columns: tuple[Iterable[float], ...] = (
        c.tenure,
        [_PLAN_CODES.get(v, inf) for v in c.plan],
        [nan if v is None else v for v in c.spend],
    )
    for at, values in enumerate(columns):
        table[at::3] = array("f", pack(*values))
    return table.tobytes()
