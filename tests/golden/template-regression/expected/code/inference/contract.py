"""Requests for house-price, decoded, checked and laid out for its model: the spec's contract, as code."""

from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.json import Decoder

MODEL = "house-price"
TASK = "regression"
MAX_ROWS = 10000  # default

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
                r.area,
                r.rooms,
                _REGION_CODES.get(r.region, inf),
                nan if r.built is None else r.built,
            )
            for r in records
        ]
    )
