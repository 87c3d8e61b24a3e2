"""Requests for listings, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "listings"
TASK = "binary"
MAX_ROWS = 10000  # default
TIMEOUT = 30.0  # default

# spec.yaml:11:5
_KIND_CODES: dict[str, float] = {
    "flat": 0.0,
    "house": 1.0,
    "studio": 2.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "area": (),
    "rooms": (),
    "kind": tuple(_KIND_CODES),
    "garden": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "area": (10.0, 400.0, False, False),
    "rooms": (1, 12, True, True),
    "kind": (0, 2, True, False),
    "garden": (0, 1, True, False),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "area": "a number from 10 to 400",
    "rooms": "a whole number from 1 to 12 or null",
    "kind": "a text",
    "garden": "true or false",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # spec.yaml:8:5
    listing: Any = None
    # spec.yaml:9:5
    area: Annotated[float, Meta(ge=10.0, le=400.0)]
    # spec.yaml:10:5
    rooms: Annotated[int, Meta(ge=1, le=12)] | None
    # spec.yaml:11:5
    kind: str
    # spec.yaml:12:5
    garden: bool
    # spec.yaml:13:5
    rented: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # spec.yaml:8:5
    listing: Any = None
    # spec.yaml:9:5
    area: list[Annotated[float, Meta(ge=10.0, le=400.0)]]
    # spec.yaml:10:5
    rooms: list[Annotated[int, Meta(ge=1, le=12)] | None]
    # spec.yaml:11:5
    kind: list[str]
    # spec.yaml:12:5
    garden: list[bool]
    # spec.yaml:13:5
    rented: Any = None


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
                r.area,
                nan if r.rooms is None else r.rooms,
                _KIND_CODES.get(r.kind, inf),
                r.garden,
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.area)


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={rows}f").pack
    table = array("f", bytes(rows * 16))
    columns: tuple[Iterable[float], ...] = (
        c.area,
        [nan if v is None else v for v in c.rooms],
        [_KIND_CODES.get(v, inf) for v in c.kind],
        c.garden,
    )
    for at, values in enumerate(columns):
        table[at::4] = array("f", pack(*values))
    return table.tobytes()
