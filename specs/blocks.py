"""What every block of the language is made of: its base, and the forms of names, metrics and signals."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$", examples=["churn"])]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["ml-team@example.com"])]
StreamArn = Annotated[
    str,
    Field(
        pattern=r"^arn:[a-z-]+:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[A-Za-z0-9_.-]+$",
        examples=["arn:aws:kinesis:us-east-1:123456789012:stream/orders"],
    ),
]
EventName = Annotated[
    str,
    Field(
        pattern=r"^([a-z][a-z0-9-]{0,28}[a-z0-9]|arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80})$",
        examples=["to-score"],
    ),
]
Metric = Literal[
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "accuracy",
    "balanced_accuracy",
    "f1",
    "precision",
    "recall",
    "mae",
    "rmse",
    "r2",
]
DatePart = Literal["year", "month", "day", "hour", "minute", "weekday", "day_of_year"]
Signal = Literal["data_drift", "prediction_drift", "quality", "latency_p99", "errors", "rejects"]


def wrong(key: str, problem: str) -> PydanticCustomError:
    """What a block says when its keys do not fit together; `key` is where a reader should look first."""
    return PydanticCustomError("block", "{problem}", {"problem": problem, "key": key})


class Block(BaseModel):
    """What all blocks share: frozen, no unknown keys, no coercion between kinds of scalars."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False, defer_build=True
    )
