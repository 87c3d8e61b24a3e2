"""The language of what comes after: monitors, retraining, who is told, what it may cost, what is kept."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from mlspec.specs.blocks import Block, Email, Metric, Signal, wrong
from mlspec.specs.units import Duration, Money, Percent


class Monitor(Block):
    """One signal that is watched while the model serves."""

    signal: Signal = Field(description="What is watched.")
    method: Literal["psi", "js"] | None = Field(None, description="How drift is measured.")
    threshold: float | None = Field(None, gt=0, description="Drift above this is an alarm.")
    window: Duration = Field(Duration(86_400_000), description="The stretch of time that is judged at once.")
    columns: str | tuple[str, ...] = Field("all", description="all, `top N` by importance, or a list of names.")
    min_rows: int = Field(200, ge=1, description="Fewer rows than this in a window are not judged.")
    metric: Metric | None = Field(None, description="For quality: the metric.")
    min: float | None = Field(None, description="For quality: the smallest value allowed.")
    max: Duration | Percent | None = Field(
        None, description="For latency_p99 a duration; for errors and rejects a share."
    )
    labels: dict[str, Any] | None = Field(None, description="For quality: where true labels arrive, and how late.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        drift = self.signal in ("data_drift", "prediction_drift")
        if drift and (self.method is None or self.threshold is None):
            raise wrong("signal", f"{self.signal} needs a method and a threshold")
        if self.signal == "quality" and (self.metric is None or self.min is None):
            raise wrong("signal", "quality needs a metric and a min")
        if self.signal == "latency_p99" and not isinstance(self.max, Duration):
            raise wrong("signal", "latency_p99 needs a max that is a duration")
        if self.signal in ("errors", "rejects") and not isinstance(self.max, Percent):
            raise wrong("signal", f"{self.signal} needs a max that is a percentage")
        return self


class Schedule(Block):
    """A retraining at fixed times."""

    schedule: str = Field(
        pattern=r"^(rate|cron)\(.+\)$",
        description="EventBridge's rate(...) or cron(...).",
        examples=["rate(30 days)", "cron(0 6 1 * ? *)"],
    )


class Retraining(Block):
    """When a challenger is trained without anybody asking."""

    on: tuple[Signal | Schedule, ...] = Field(description="The alarms and schedules that start it.", min_length=1)
    cooldown: Duration = Field(Duration(86_400_000), description="Shortest time between two.")
    max_per_month: int = Field(8, ge=1, description="Most within any 30 days.")
    min_new_rows: int = Field(0, ge=0, description="Rows newer than the champion's that there must be.")


class Notify(Block):
    """Who is told."""

    email: tuple[Email, ...] = Field((), description="Addresses that alerts and results go to.")


class Budget(Block):
    """What the model may cost."""

    monthly: Money = Field(description="Most that a month may cost.")


class Waiver(Block):
    """A policy that does not hold here, why, and until when."""

    policy: str = Field(description="The policy's id.")
    reason: str = Field(min_length=10, description="Why, for those who ask later.")
    expires: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The last day it holds.", examples=["2027-01-31"])


class Governance(Block):
    """What is kept for those who ask later."""

    card: dict[str, Any] = Field({}, description="The model card's own words: intended use, limits, contacts.")
    retention: Duration = Field(Duration(365 * 86_400_000), description="How long logs are kept.")
    waivers: tuple[Waiver, ...] = Field((), description="Policies that do not hold here.")
