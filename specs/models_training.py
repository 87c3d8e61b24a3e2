"""The language of `training` and `gates`: how a model is made, and what it must meet before it serves."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from mlspec.specs.blocks import Block, Email, Metric, wrong
from mlspec.specs.units import Duration, Percent, Size


class Compute(Block):
    """The machine a training job runs on."""

    instance: str = Field(
        "ml.m5.xlarge",
        pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$",
        description="SageMaker instance type.",
        examples=["ml.m5.xlarge"],
    )
    count: int = Field(1, ge=1, le=64, description="How many instances.")
    spot: bool = Field(False, description="Use spare capacity, which may be interrupted.")
    max_runtime: Duration = Field(Duration(3_600_000), description="The job is stopped after this long.")
    volume: Size = Field(Size(30 * 2**30), description="Disk of each instance.")


class Tune(Block):
    """A search for hyperparameters."""

    trials: int = Field(ge=1, le=500, description="How many combinations to try.")
    maximize: Metric | None = Field(None, description="The metric to raise.")
    minimize: Metric | None = Field(None, description="The metric to lower.")
    space: dict[str, Any] = Field(description="The ranges to search.")


class Fit(Block):
    """How a torch module is trained: AdamW on shuffled batches, stopped when the validation rows say so."""

    epochs: int = Field(100, ge=1, description="Most passes over the training rows.")
    batch_size: int = Field(256, ge=1, description="Rows of one step.")
    learning_rate: float = Field(0.001, gt=0, description="Size of a step.")
    weight_decay: float = Field(0.01, ge=0, description="How strongly weights are held small.")
    patience: int = Field(10, ge=1, description="Epochs without a gain on the validation rows before it stops.")


class Preprocess(Block):
    """What is done to the features before a scikit-learn estimator sees them, step by step; null is filled in first."""

    numbers: tuple[dict[str, Any], ...] = Field(
        (), description="`_target_` of each step for numbers, and its arguments."
    )
    categories: tuple[dict[str, Any], ...] = Field(
        (), description="`_target_` of each step for categories, and its arguments."
    )


class Training(Block):
    """How a model is made from the rows."""

    framework: Literal["sklearn", "torch", "xgboost", "lightgbm", "custom"] | None = Field(
        None, description="The library; told by `_target_` where left out."
    )
    estimator: dict[str, Any] = Field(
        description="`_target_` and its arguments; looked up now, called only in the job."
    )
    preprocess: Preprocess | None = None
    fit: Fit = Fit()
    image: str | None = Field(None, description="Training image, instead of AWS's Deep Learning Container.")
    compute: Compute = Compute()
    tune: Tune | None = None
    seed: int = Field(7, ge=0, lt=2**32, description="Seed of everything random.")


class Approval(Block):
    """A person who must say yes."""

    by: Email = Field(description="Who says it.")
    when: str = Field("", description="Only in this environment, such as env.prod.")


class Gate(Block):
    """One condition a model must meet before it serves: a metric with a limit, or an approval."""

    metric: Metric | Literal["latency_p99"] | None = Field(None, description="What is measured on the test rows.")
    output: str | None = Field(
        None, description="Of several labels the one that is measured; left out, the metric is the mean over all."
    )
    min: float | None = Field(None, description="Smallest value allowed.")
    max: float | Duration | None = Field(None, description="Largest value allowed.")
    versus: Literal["champion"] | None = Field(None, description="Compare with the model that serves now.")
    tolerance: float = Field(0.0, ge=0, description="How much worse than the champion is still allowed.")
    confidence: Percent | None = Field(None, description="How sure we must be that it is not worse than that.")
    each: str | None = Field(None, description="A category column: the limit holds in each of its segments.")
    min_rows: int = Field(100, ge=1, description="Segments with fewer test rows are not judged.")
    approval: Approval | None = Field(None, description="A person's yes, instead of a metric.")

    @property
    def measured(self) -> str:
        """The name that the metric has in evaluation.json: `rmse`, or `rmse of hours` of one output."""
        return f"{self.metric} of {self.output}" if self.output else str(self.metric or "")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.metric is None) == (self.approval is None):
            raise wrong("metric", "a gate has exactly one of: metric, approval")
        limits = [self.min is not None, self.max is not None, self.versus is not None]
        if self.metric is not None and sum(limits) != 1:
            raise wrong("metric", "a metric gate has exactly one of: min, max, versus")
        if (self.metric == "latency_p99") != isinstance(self.max, Duration):
            raise wrong("max", "latency_p99 takes a max that is a duration, and no other metric does")
        return self
