"""A typed client of flight-delay."""

from flight_delay_client.calls import (
    ContractBroken,
    ModelError,
    NoCredentials,
    NotReached,
    Problem,
    Unavailable,
    aws_signer,
)
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
    "NoCredentials",
    "NotReached",
    "Prediction",
    "Problem",
    "Record",
    "Unavailable",
    "aws_signer",
]
