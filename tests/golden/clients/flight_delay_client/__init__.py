"""A typed client of flight-delay."""

from flight_delay_client.calls import ContractBroken, ModelError, NotReached, Problem, Unavailable
from flight_delay_client.client import (
    Answer,
    AsyncFlightDelayClient,
    Explanation,
    FlightDelayClient,
    Prediction,
    Record,
)

__all__ = [
    "Answer",
    "AsyncFlightDelayClient",
    "ContractBroken",
    "Explanation",
    "FlightDelayClient",
    "ModelError",
    "NotReached",
    "Prediction",
    "Problem",
    "Record",
    "Unavailable",
]
