"""The language of `serving` and `rollout`: what answers, and how traffic moves to a new release."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from mlspec.specs.blocks import Block, EventName, StreamArn, wrong
from mlspec.specs.units import Duration, Percent, Size


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
    answer: Literal["prediction", "embedding"] = Field(
        "prediction", description="What a row is answered with: the prediction, or the network's last hidden layer."
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
