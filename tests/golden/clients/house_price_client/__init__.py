"""A typed client of house-price."""

from house_price_client.calls import ContractBroken, ModelError, NotReached, Problem, Unavailable
from house_price_client.client import (
    Answer,
    AsyncHousePriceClient,
    Explanation,
    HousePriceClient,
    Prediction,
    Record,
)

__all__ = [
    "Answer",
    "AsyncHousePriceClient",
    "ContractBroken",
    "Explanation",
    "HousePriceClient",
    "ModelError",
    "NotReached",
    "Prediction",
    "Problem",
    "Record",
    "Unavailable",
]
