"""Requests for parcels, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from datetime import UTC, datetime
from math import nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "parcels"
TASK = "binary"
MAX_ROWS = 10000  # default
TIMEOUT = 30.0  # default

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "weight": (),
    "sent.hour": (),
    "sent.weekday": (),
    "sent.day_of_year": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "weight": (0.0, 50.0, False, True),
    "sent.hour": (0, 23, True, False),
    "sent.weekday": (0, 6, True, False),
    "sent.day_of_year": (1, 366, True, False),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "weight": "a number from 0 to 50 or null",
    "sent": "a time such as 2013-05-16T06:00:00Z",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # spec.yaml:9:5
    weight: Annotated[float, Meta(ge=0.0, le=50.0)] | None
    # spec.yaml:10:5
    sent: datetime
    # spec.yaml:11:5
    late: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # spec.yaml:9:5
    weight: list[Annotated[float, Meta(ge=0.0, le=50.0)] | None]
    # spec.yaml:10:5
    sent: list[datetime]
    # spec.yaml:11:5
    late: Any = None


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds: one of the two, and whether the good rows are wanted where others are bad."""

    records: Annotated[list[Record], Meta(min_length=1)] | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET
    partial: bool = False
    explain: bool = False


decode = Decoder(Request).decode
_row = Layout("=4f").pack


def _sent_parts(value: datetime) -> tuple[float, ...]:
    at = value if value.tzinfo is None else value.astimezone(UTC)
    return (
        at.hour,
        at.weekday(),
        at.timetuple().tm_yday,
    )


def assemble(records: list[Record]) -> bytes:
    """The features as float32, row after row: null is NaN, a category that the model never saw is infinity."""
    return b"".join(
        [
            _row(
                nan if r.weight is None else r.weight,
                *_sent_parts(r.sent),
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.weight)


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={rows}f").pack
    table = array("f", bytes(rows * 16))
    columns: tuple[Iterable[float], ...] = (
        [nan if v is None else v for v in c.weight],
        *zip(*map(_sent_parts, c.sent), strict=True),
    )
    for at, values in enumerate(columns):
        table[at::4] = array("f", pack(*values))
    return table.tobytes()
