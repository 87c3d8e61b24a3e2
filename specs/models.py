"""The language itself: one frozen model per block of a spec, every key documented where it is declared."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mlspec.specs.units import Duration, Money, Percent, Size

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


class DataSource(Block):
    """Where the rows are."""

    uri: str = Field(
        description="s3://bucket/prefix/ or a file or folder beside the spec.", examples=["s3://lake/flights/"]
    )
    format: Literal["parquet", "csv"] = Field("parquet", description="How the files are written.")


class Column(Block):
    """One column of the contract, checked before training, at the door of the service, and by monitors."""

    type: Literal["float", "int", "bool", "category", "string", "datetime"] | None = Field(
        None, description="What a value is. May be left out only where `role` is ignore."
    )
    role: Literal["feature", "label", "ignore", "id", "time"] = Field("feature", description="What the column is for.")
    unit: str = Field("", description="The unit of measurement, for readers.")
    min: float | None = Field(None, description="Smallest value allowed.")
    max: float | None = Field(None, description="Largest value allowed.")
    values: tuple[str, ...] = Field((), description="The categories, for type category.")
    parts: tuple[DatePart, ...] = Field(
        (),
        description="For a feature of type datetime: the inputs made of it, in UTC. A weekday is 0 (Monday) to 6.",
        examples=[["hour", "weekday"]],
    )
    nullable: bool | Percent = Field(False, description="Whether nulls are allowed, or which share of them at most.")
    pii: bool = Field(False, description="Personal data: never logged, never a feature by accident.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type is None and self.role != "ignore":
            raise wrong("role", f"a column with role {self.role} needs a type")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise wrong("min", f"min {self.min:g} is above max {self.max:g}")
        if self.values and self.type != "category":
            raise wrong("values", "values are for type category only")
        if self.parts and (self.type != "datetime" or self.role != "feature"):
            raise wrong("parts", "parts are for features of type datetime only")
        if len(set(self.parts)) < len(self.parts):
            raise wrong("parts", "a part is there twice")
        if self.type == "category" and self.role in ("feature", "label") and not self.values:
            raise wrong("type", "a category needs its values")
        return self


class Split(Block):
    """How rows are divided into training, validation and test; a duration counts back from the end of the window."""

    by: Literal["time", "random"] = Field("random", description="By the column of role time, or at random.")
    test: Percent | Duration = Field(Percent(Decimal("0.2")), description="The part gates are judged on.")
    validation: Percent | Duration = Field(Percent(Decimal("0.1")), description="The part early stopping may see.")


class RowLimits(Block):
    """How many rows a training set has."""

    min: int = Field(1, ge=1, description="Fewest rows allowed.")
    max: int | None = Field(None, ge=1, description="Most rows allowed.")


class DataCheck(Block):
    """One check of the whole table: exactly one key."""

    unique: tuple[str, ...] | None = Field(None, description="Columns that together identify a row.")
    rows: RowLimits | None = Field(None, description="How many rows there must be.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.unique is None) == (self.rows is None):
            raise wrong("unique", "a check has exactly one of: unique, rows")
        return self


class Data(Block):
    """The rows, and the contract they keep."""

    source: DataSource
    columns: dict[str, Column] = Field(description="The contract, column by column.", min_length=2)
    window: Duration | None = Field(None, description="Use only rows this recent, by the column of role time.")
    split: Split = Split()
    checks: tuple[DataCheck | Literal["leakage"], ...] = Field((), description="Checks of the whole table.")


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
    min: float | None = Field(None, description="Smallest value allowed.")
    max: float | Duration | None = Field(None, description="Largest value allowed.")
    versus: Literal["champion"] | None = Field(None, description="Compare with the model that serves now.")
    tolerance: float = Field(0.0, ge=0, description="How much worse than the champion is still allowed.")
    confidence: Percent | None = Field(None, description="How sure we must be that it is not worse than that.")
    each: str | None = Field(None, description="A category column: the limit holds in each of its segments.")
    min_rows: int = Field(100, ge=1, description="Segments with fewer test rows are not judged.")
    approval: Approval | None = Field(None, description="A person's yes, instead of a metric.")

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


class EventSource(Block):
    """A queue or a stream whose messages are requests, and where their answers go: exactly one of the two."""

    queue: EventName | None = Field(
        None, description="An SQS queue: a name, and the stack makes it, or the ARN of one that there is."
    )
    stream: StreamArn | None = Field(None, description="The ARN of a Kinesis stream.")
    batch: int = Field(10, ge=1, le=10_000, description="Most messages that one call takes.")
    window: Duration = Field(Duration(0), description="Longest to wait for a batch to fill.")
    results: EventName = Field(
        "store", description="A queue, named like the source; or `store`: an object results/<id>.json for each."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.queue is None) == (self.stream is None):
            raise wrong("queue", "a source is exactly one of: queue, stream")
        if self.queue is not None and self.queue == self.results:
            raise wrong("results", "results would be requests again")
        if self.batch > 10 and self.queue is not None and self.window.milliseconds < 1000:
            raise wrong("batch", "a batch of more than 10 messages of a queue needs a window of at least 1s")
        return self


class Serving(Block):
    """Where predictions are answered."""

    target: Literal["lambda", "container", "endpoint", "serverless", "batch"] = Field(
        "lambda", description="What answers."
    )
    memory: Size = Field(Size(2**30), description="Memory of each instance of the function.")
    timeout: Duration = Field(Duration(30_000), description="Longest a request may take.")
    auth: Literal["iam"] = Field("iam", description="Who may call: those with an IAM permission.")
    architecture: Literal["x86_64", "arm64"] = Field("x86_64", description="Processor.")
    python: Literal["3.11", "3.12", "3.13"] = Field("3.12", description="Python of the function.")
    concurrency: int | None = Field(None, ge=1, description="Most copies that run at once.")
    max_rows: int = Field(10_000, ge=1, description="Most rows in one request.")
    engine: Literal["auto", "onnx", "compiled"] = Field(
        "auto", description="What answers: ONNX Runtime, the model as plain Python, or what measures better."
    )
    events: tuple[EventSource, ...] = Field((), description="Queues and streams that requests come from as well.")
    snap_start: bool = Field(False, description="Start copies of the function from a snapshot of one that has loaded.")
    explain: Literal["shap"] | None = Field(
        None, description="Offer what each column adds to an answer: `explain: true` in a request asks for it."
    )
    package: Literal["auto", "zip", "image"] = Field(
        "auto", description="How the function ships: a zip with its model, or an image that fetches one, when larger."
    )
    max_request: Size = Field(Size(32 * 2**20), description="Largest request that a container takes.")


class Rollout(Block):
    """How traffic moves from the champion to a new release."""

    strategy: Literal["canary", "all_at_once"] = Field("canary", description="In steps, or at once.")
    steps: tuple[Percent, ...] = Field(
        (Percent(Decimal("0.05")), Percent(Decimal("0.25")), Percent(Decimal(1))),
        description="Share of traffic at each step, rising to 100%.",
        min_length=1,
    )
    bake: Duration = Field(Duration(600_000), description="How long each step is watched.")
    rollback_on: tuple[Literal["errors", "rejects", "latency_p99", "drift"], ...] = Field(
        ("errors",), description="The signals that send traffic back."
    )
    max_error_rate: Percent = Field(
        Percent(Decimal("0.01")), description="Share of failed or refused requests allowed."
    )


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


class Spec(Block):
    """One model's whole life."""

    api_version: Literal["mlspec/v1"] = Field(alias="apiVersion", description="The version of the language.")
    name: Name = Field(description="The model's name; resources are named after it.")
    owner: Email = Field(description="Who answers for it.")
    description: str = Field("", description="The question the model answers.")
    environment: Name = Field("dev", description="Set by --env, not in a file.")
    data: Data
    training: Training
    gates: tuple[Gate, ...] = Field((), description="All must hold, for the first model and every later one.")
    serving: Serving = Serving()
    rollout: Rollout = Rollout()
    monitors: tuple[Monitor, ...] = Field((), description="What is watched while the model serves.")
    retraining: Retraining | None = None
    notify: Notify = Notify()
    budget: Budget | None = None
    governance: Governance = Governance()

    @property
    def stack(self) -> str:
        """The name of the stack this spec deploys: `<name>-<environment>`."""
        return f"{self.name}-{self.environment}"

    @property
    def features(self) -> dict[str, Column]:
        """The feature columns, in the spec's order, which is the order of the model's inputs."""
        return {name: column for name, column in self.data.columns.items() if column.role == "feature"}

    def column_of(self, role: Literal["label", "time"]) -> str | None:
        """The name of the one column with `role`, if there is one."""
        return next((name for name, column in self.data.columns.items() if column.role == role), None)

    @property
    def task(self) -> Literal["binary", "multiclass", "regression"]:
        """What is learned, told by the label's type."""
        label = self.data.columns[self.column_of("label") or ""]
        if label.type == "bool" or (label.type == "category" and len(label.values) == 2):
            return "binary"
        return "multiclass" if label.type == "category" else "regression"
