"""The language itself: one frozen model per block of a spec, every key documented where it is declared."""

from typing import Literal

from pydantic import Field

from mlspec.specs.blocks import Block, DatePart, Email, EventName, Metric, Name, Signal, StreamArn, wrong
from mlspec.specs.embeddings import embedding_width
from mlspec.specs.models_data import Column, Data, DataCheck, DataSource, RowLimits, Split
from mlspec.specs.models_serving import EventSource, Rollout, Serving
from mlspec.specs.models_training import Approval, Compute, Fit, Gate, Preprocess, Training, Tune
from mlspec.specs.models_watching import Budget, Governance, Monitor, Notify, Retraining, Schedule, Waiver

__all__ = [
    "Approval",
    "Block",
    "Budget",
    "Column",
    "Compute",
    "Data",
    "DataCheck",
    "DataSource",
    "DatePart",
    "Email",
    "EventName",
    "EventSource",
    "Fit",
    "Gate",
    "Governance",
    "Metric",
    "Monitor",
    "Name",
    "Notify",
    "Preprocess",
    "Retraining",
    "Rollout",
    "RowLimits",
    "Schedule",
    "Serving",
    "Signal",
    "Spec",
    "Split",
    "StreamArn",
    "Training",
    "Tune",
    "Waiver",
    "wrong",
]


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

    @property
    def labels(self) -> dict[str, Column]:
        """The columns that are learned, in the spec's order, which is the order of the model's outputs."""
        return {name: column for name, column in self.data.columns.items() if column.role == "label"}

    @property
    def embedding(self) -> int:
        """How many numbers a row is answered with where that is an embedding; 0 where it is the prediction."""
        return embedding_width(self.training.estimator) if self.serving.answer == "embedding" else 0

    def column_of(self, role: Literal["label", "time"]) -> str | None:
        """The name of the first column with `role`, if there is one."""
        return next((name for name, column in self.data.columns.items() if column.role == role), None)

    @property
    def task(self) -> Literal["binary", "multiclass", "regression"]:
        """What is learned, told by the label's type; several labels are numbers."""
        label = self.data.columns[self.column_of("label") or ""]
        if label.type == "bool" or (label.type == "category" and len(label.values) == 2):
            return "binary"
        return "multiclass" if label.type == "category" else "regression"
