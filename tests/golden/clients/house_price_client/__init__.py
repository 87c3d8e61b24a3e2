"""A typed client of house-price."""

from house_price_client.calls import (
    ContractBroken,
    ModelError,
    NoCredentials,
    NotReached,
    Problem,
    Unavailable,
    aws_signer,
)
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
    "NoCredentials",
    "NotReached",
    "Prediction",
    "Problem",
    "Record",
    "Unavailable",
    "aws_signer",
]
