"""Requests for house-price, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "house-price"
TASK = "regression"
MAX_ROWS = 10000  # default
TIMEOUT = 30.0  # default

# regression.yaml:21:5
_REGION_CODES: dict[str, float] = {
    "north": 0.0,
    "east": 1.0,
    "south": 2.0,
    "west": 3.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "area": (),
    "rooms": (),
    "region": tuple(_REGION_CODES),
    "built": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "area": (10.0, 2000.0, False, False),
    "rooms": (1, 50, True, False),
    "region": (0, 3, True, False),
    "built": (1500, 2100, True, True),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "area": "a number from 10 to 2000",
    "rooms": "a whole number from 1 to 50",
    "region": "a text",
    "built": "a whole number from 1500 to 2100 or null",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # regression.yaml:17:5
    house: Any = None
    # regression.yaml:18:5
    listed: Any = None
    # regression.yaml:19:5
    area: Annotated[float, Meta(ge=10.0, le=2000.0)]
    # regression.yaml:20:5
    rooms: Annotated[int, Meta(ge=1, le=50)]
    # regression.yaml:21:5
    region: str
    # regression.yaml:22:5
    built: Annotated[int, Meta(ge=1500, le=2100)] | None
    # regression.yaml:23:5
    price: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # regression.yaml:17:5
    house: Any = None
    # regression.yaml:18:5
    listed: Any = None
    # regression.yaml:19:5
    area: list[Annotated[float, Meta(ge=10.0, le=2000.0)]]
    # regression.yaml:20:5
    rooms: list[Annotated[int, Meta(ge=1, le=50)]]
    # regression.yaml:21:5
    region: list[str]
    # regression.yaml:22:5
    built: list[Annotated[int, Meta(ge=1500, le=2100)] | None]
    # regression.yaml:23:5
    price: Any = None


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
                r.rooms,
                _REGION_CODES.get(r.region, inf),
                nan if r.built is None else r.built,
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
        c.rooms,
        [_REGION_CODES.get(v, inf) for v in c.region],
        [nan if v is None else v for v in c.built],
    )
    for at, values in enumerate(columns):
        table[at::4] = array("f", pack(*values))
    return table.tobytes()
