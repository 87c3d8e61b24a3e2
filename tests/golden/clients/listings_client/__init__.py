"""A typed client of listings."""

from listings_client.calls import (
    ContractBroken,
    ModelError,
    NoCredentials,
    NotReached,
    Problem,
    Unavailable,
    aws_signer,
)
from listings_client.client import (
    Answer,
    AsyncListingsClient,
    Explanation,
    ListingsClient,
    Prediction,
    Record,
)

__all__ = [
    "Answer",
    "AsyncListingsClient",
    "ContractBroken",
    "Explanation",
    "ListingsClient",
    "ModelError",
    "NoCredentials",
    "NotReached",
    "Prediction",
    "Problem",
    "Record",
    "Unavailable",
    "aws_signer",
]
