"""Requests for churn, decoded, checked and laid out for its model: the spec's contract, as code."""

from math import inf, nan
from struct import Struct as Layout
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.json import Decoder

MODEL = "churn"
TASK = "binary"
MAX_ROWS = 10000  # default

# binary.yaml:20:5
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

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {
    "tenure": "a whole number from 0 to 600",
    "plan": "a text",
    "spend": "a number from 0 to 100000 or null",
}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

    # binary.yaml:17:5
    customer: Any = None
    # binary.yaml:18:5
    asked_at: Any = None
    # binary.yaml:19:5
    tenure: Annotated[int, Meta(ge=0, le=600)]
    # binary.yaml:20:5
    plan: str
    # binary.yaml:21:5
    spend: Annotated[float, Meta(ge=0.0, le=100000.0)] | None
    # binary.yaml:22:5
    left: Any = None


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds."""

    records: Annotated[list[Record], Meta(min_length=1)]


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
