"""Requests for ticket-routing, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "ticket-routing"
TASK = "multiclass"
MAX_ROWS = 10000  # default
TIMEOUT = 30.0  # default

# multiclass.yaml:19:5
_CHANNEL_CODES: dict[str, float] = {
    "mail": 0.0,
    "phone": 1.0,
    "chat": 2.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "channel": tuple(_CHANNEL_CODES),
    "length": (),
    "urgent": (),
    "wait": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "channel": (0, 2, True, False),
    "length": (0, 100000, True, False),
    "urgent": (0, 1, True, False),
    "wait": (0.0, 1000.0, False, True),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "channel": "a text",
    "length": "a whole number from 0 to 100000",
    "urgent": "true or false",
    "wait": "a number from 0 to 1000 or null",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # multiclass.yaml:17:5
    ticket: Any = None
    # multiclass.yaml:18:5
    opened_at: Any = None
    # multiclass.yaml:19:5
    channel: str
    # multiclass.yaml:20:5
    length: Annotated[int, Meta(ge=0, le=100000)]
    # multiclass.yaml:21:5
    urgent: bool
    # multiclass.yaml:22:5
    wait: Annotated[float, Meta(ge=0.0, le=1000.0)] | None
    # multiclass.yaml:23:5
    team: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # multiclass.yaml:17:5
    ticket: Any = None
    # multiclass.yaml:18:5
    opened_at: Any = None
    # multiclass.yaml:19:5
    channel: list[str]
    # multiclass.yaml:20:5
    length: list[Annotated[int, Meta(ge=0, le=100000)]]
    # multiclass.yaml:21:5
    urgent: list[bool]
    # multiclass.yaml:22:5
    wait: list[Annotated[float, Meta(ge=0.0, le=1000.0)] | None]
    # multiclass.yaml:23:5
    team: Any = None


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds: one of the two, and whether the good rows are wanted where others are bad."""

    records: Annotated[list[Record], Meta(min_length=1)] | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET
    partial: bool = False
    explain: bool = False


decode = Decoder(Request).decode
_row = Layout("=4f").pack


def assemble(records: list[Record]) -> bytes:
    """The features as float32, row after row: null is NaN, a category that the model never saw is infinity."""
    return b"".join(
        [
            _row(
                _CHANNEL_CODES.get(r.channel, inf),
                r.length,
                r.urgent,
                nan if r.wait is None else r.wait,
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.channel)


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={rows}f").pack
    table = array("f", bytes(rows * 16))
    columns: tuple[Iterable[float], ...] = (
        [_CHANNEL_CODES.get(v, inf) for v in c.channel],
        c.length,
        c.urgent,
        [nan if v is None else v for v in c.wait],
    )
    for at, values in enumerate(columns):
        table[at::4] = array("f", pack(*values))
    return table.tobytes()
