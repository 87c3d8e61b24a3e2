"""Requests for ticket-routing, decoded, checked and laid out for its model: the spec's contract, as code."""

from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.json import Decoder

MODEL = "ticket-routing"
TASK = "multiclass"
MAX_ROWS = 10000  # default

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


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds."""

    records: Annotated[list[Record], Meta(min_length=1)]


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
