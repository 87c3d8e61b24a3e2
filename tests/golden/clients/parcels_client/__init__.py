"""A typed client of parcels."""

from parcels_client.calls import (
    ContractBroken,
    ModelError,
    NoCredentials,
    NotReached,
    Problem,
    Unavailable,
    aws_signer,
)
from parcels_client.client import (
    Added,
    AddedToEach,
    Answer,
    AsyncParcelsClient,
    Explanation,
    ParcelsClient,
    Prediction,
    Record,
    Values,
)

__all__ = [
    "Added",
    "AddedToEach",
    "Answer",
    "AsyncParcelsClient",
    "ContractBroken",
    "Explanation",
    "ModelError",
    "NoCredentials",
    "NotReached",
    "ParcelsClient",
    "Prediction",
    "Problem",
    "Record",
    "Unavailable",
    "Values",
    "aws_signer",
]
