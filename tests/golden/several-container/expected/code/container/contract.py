"""Requests for parcels, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from math import inf
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "parcels"
TASK = "regression"
MAX_ROWS = 10000  # default
TIMEOUT = 30.0  # default

# spec.yaml:10:5
_ZONE_CODES: dict[str, float] = {
    "city": 0.0,
    "country": 1.0,
    "island": 2.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "weight": (),
    "zone": tuple(_ZONE_CODES),
    "fragile": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "weight": (0.0, 60.0, False, False),
    "zone": (0, 2, True, False),
    "fragile": (0, 1, True, False),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "weight": "a number from 0 to 60",
    "zone": "a text",
    "fragile": "true or false",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # spec.yaml:8:5
    parcel: Any = None
    # spec.yaml:9:5
    weight: Annotated[float, Meta(ge=0.0, le=60.0)]
    # spec.yaml:10:5
    zone: str
    # spec.yaml:11:5
    fragile: bool
    # spec.yaml:12:5
    hours: Any = None
    # spec.yaml:13:5
    cents: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # spec.yaml:8:5
    parcel: Any = None
    # spec.yaml:9:5
    weight: list[Annotated[float, Meta(ge=0.0, le=60.0)]]
    # spec.yaml:10:5
    zone: list[str]
    # spec.yaml:11:5
    fragile: list[bool]
    # spec.yaml:12:5
    hours: Any = None
    # spec.yaml:13:5
    cents: Any = None


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
                r.weight,
                _ZONE_CODES.get(r.zone, inf),
                r.fragile,
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
    table = array("f", bytes(rows * 12))
    columns: tuple[Iterable[float], ...] = (
        c.weight,
        [_ZONE_CODES.get(v, inf) for v in c.zone],
        c.fragile,
    )
    for at, values in enumerate(columns):
        table[at::3] = array("f", pack(*values))
    return table.tobytes()
