"""Requests for flight-delay, decoded, checked and laid out for its model: the spec's contract, as code."""

from array import array
from collections.abc import Iterable
from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

MODEL = "flight-delay"
TASK = "binary"
MAX_ROWS = 10000  # default
TIMEOUT = 30.0  # default

# flight-delay.yaml:19:5
_CARRIER_CODES: dict[str, float] = {
    "9E": 0.0,
    "AA": 1.0,
    "AS": 2.0,
    "B6": 3.0,
    "DL": 4.0,
    "EV": 5.0,
    "F9": 6.0,
    "FL": 7.0,
    "HA": 8.0,
    "MQ": 9.0,
    "OO": 10.0,
    "UA": 11.0,
    "US": 12.0,
    "VX": 13.0,
    "WN": 14.0,
    "YV": 15.0,
}

# flight-delay.yaml:20:5
_ORIGIN_CODES: dict[str, float] = {
    "EWR": 0.0,
    "JFK": 1.0,
    "LGA": 2.0,
}

# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {
    "hour": (),
    "weekday": (),
    "carrier": tuple(_CARRIER_CODES),
    "origin": tuple(_ORIGIN_CODES),
    "distance": (),
    "temp": (),
    "dewp": (),
    "humid": (),
    "wind_speed": (),
    "precip": (),
    "pressure": (),
    "visib": (),
}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {
    "hour": (0, 23, True, False),
    "weekday": (1, 7, True, False),
    "carrier": (0, 15, True, False),
    "origin": (0, 2, True, False),
    "distance": (0.0, 6000.0, False, False),
    "temp": (-60.0, 130.0, False, True),
    "dewp": (-80.0, 100.0, False, True),
    "humid": (0.0, 100.0, False, True),
    "wind_speed": (0.0, 200.0, False, True),
    "precip": (0.0, 20.0, False, True),
    "pressure": (800.0, 1100.0, False, True),
    "visib": (0.0, 10.0, False, True),
}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "hour": "a whole number from 0 to 23",
    "weekday": "a whole number from 1 to 7",
    "carrier": "a text",
    "origin": "a text",
    "distance": "a number from 0 to 6000",
    "temp": "a number from -60 to 130 or null",
    "dewp": "a number from -80 to 100 or null",
    "humid": "a number from 0 to 100 or null",
    "wind_speed": "a number from 0 to 200 or null",
    "precip": "a number from 0 to 20 or null",
    "pressure": "a number from 800 to 1100 or null",
    "visib": "a number from 0 to 10 or null",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # flight-delay.yaml:15:5
    flight_id: Any = None
    # flight-delay.yaml:16:5
    time_hour: Any = None
    # flight-delay.yaml:17:5
    hour: Annotated[int, Meta(ge=0, le=23)]
    # flight-delay.yaml:18:5
    weekday: Annotated[int, Meta(ge=1, le=7)]
    # flight-delay.yaml:19:5
    carrier: str
    # flight-delay.yaml:20:5
    origin: str
    # flight-delay.yaml:21:5
    distance: Annotated[float, Meta(ge=0.0, le=6000.0)]
    # flight-delay.yaml:22:5
    temp: Annotated[float, Meta(ge=-60.0, le=130.0)] | None
    # flight-delay.yaml:23:5
    dewp: Annotated[float, Meta(ge=-80.0, le=100.0)] | None
    # flight-delay.yaml:24:5
    humid: Annotated[float, Meta(ge=0.0, le=100.0)] | None
    # flight-delay.yaml:25:5
    wind_speed: Annotated[float, Meta(ge=0.0, le=200.0)] | None
    # flight-delay.yaml:26:5
    precip: Annotated[float, Meta(ge=0.0, le=20.0)] | None
    # flight-delay.yaml:27:5
    pressure: Annotated[float, Meta(ge=800.0, le=1100.0)] | None
    # flight-delay.yaml:28:5
    visib: Annotated[float, Meta(ge=0.0, le=10.0)] | None
    # flight-delay.yaml:29:5
    dep_delay: Any = None
    # flight-delay.yaml:30:5
    late: Any = None


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

    # flight-delay.yaml:15:5
    flight_id: Any = None
    # flight-delay.yaml:16:5
    time_hour: Any = None
    # flight-delay.yaml:17:5
    hour: list[Annotated[int, Meta(ge=0, le=23)]]
    # flight-delay.yaml:18:5
    weekday: list[Annotated[int, Meta(ge=1, le=7)]]
    # flight-delay.yaml:19:5
    carrier: list[str]
    # flight-delay.yaml:20:5
    origin: list[str]
    # flight-delay.yaml:21:5
    distance: list[Annotated[float, Meta(ge=0.0, le=6000.0)]]
    # flight-delay.yaml:22:5
    temp: list[Annotated[float, Meta(ge=-60.0, le=130.0)] | None]
    # flight-delay.yaml:23:5
    dewp: list[Annotated[float, Meta(ge=-80.0, le=100.0)] | None]
    # flight-delay.yaml:24:5
    humid: list[Annotated[float, Meta(ge=0.0, le=100.0)] | None]
    # flight-delay.yaml:25:5
    wind_speed: list[Annotated[float, Meta(ge=0.0, le=200.0)] | None]
    # flight-delay.yaml:26:5
    precip: list[Annotated[float, Meta(ge=0.0, le=20.0)] | None]
    # flight-delay.yaml:27:5
    pressure: list[Annotated[float, Meta(ge=800.0, le=1100.0)] | None]
    # flight-delay.yaml:28:5
    visib: list[Annotated[float, Meta(ge=0.0, le=10.0)] | None]
    # flight-delay.yaml:29:5
    dep_delay: Any = None
    # flight-delay.yaml:30:5
    late: Any = None


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds: one of the two, and whether the good rows are wanted where others are bad."""

    records: Annotated[list[Record], Meta(min_length=1)] | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET
    partial: bool = False
    explain: bool = False


decode = Decoder(Request).decode
_row = Layout("=12f").pack


def assemble(records: list[Record]) -> bytes:
    """The features as float32, row after row: null is NaN, a category that the model never saw is infinity."""
    return b"".join(
        [
            _row(
                r.hour,
                r.weekday,
                _CARRIER_CODES.get(r.carrier, inf),
                _ORIGIN_CODES.get(r.origin, inf),
                r.distance,
                nan if r.temp is None else r.temp,
                nan if r.dewp is None else r.dewp,
                nan if r.humid is None else r.humid,
                nan if r.wind_speed is None else r.wind_speed,
                nan if r.precip is None else r.precip,
                nan if r.pressure is None else r.pressure,
                nan if r.visib is None else r.visib,
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.hour)


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={rows}f").pack
    table = array("f", bytes(rows * 48))
    columns: tuple[Iterable[float], ...] = (
        c.hour,
        c.weekday,
        [_CARRIER_CODES.get(v, inf) for v in c.carrier],
        [_ORIGIN_CODES.get(v, inf) for v in c.origin],
        c.distance,
        [nan if v is None else v for v in c.temp],
        [nan if v is None else v for v in c.dewp],
        [nan if v is None else v for v in c.humid],
        [nan if v is None else v for v in c.wind_speed],
        [nan if v is None else v for v in c.precip],
        [nan if v is None else v for v in c.pressure],
        [nan if v is None else v for v in c.visib],
    )
    for at, values in enumerate(columns):
        table[at::12] = array("f", pack(*values))
    return table.tobytes()
