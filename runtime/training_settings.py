"""What a training job is told besides its data: the contract, the split, the estimator, and what the gates need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mlspec.runtime.contract import Contract


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the rows: a share of them, or the newest stretch of that many milliseconds."""

    share: float = 0.0
    milliseconds: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was asked for."""
        return self.share == 0.0 and not self.milliseconds


@dataclass(frozen=True, slots=True)
class Split:
    """How rows are divided; what is in neither part is trained on."""

    by: Literal["time", "random"]
    test: Part
    validation: Part


@dataclass(frozen=True, slots=True)
class Fit:
    """How a network is trained: epochs at most, rows of a batch, and after how many epochs without a gain it stops."""

    epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 0.001
    weight_decay: float = 0.01
    patience: int = 10


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """`versus` holds each metric compared with the champion (of one output: `rmse of cost`) and the confidences asked;
    `segments` the columns whose categories gates judge one by one; `window` is in milliseconds. `engine` is what shall
    serve the model on `target`; auto: what measures better. `answer` is what a row is answered with."""

    model: str
    environment: str
    format: Literal["parquet", "csv"]
    contract: Contract
    split: Split
    estimator: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    framework: Literal["sklearn", "xgboost", "lightgbm", "torch"] = "sklearn"
    fit: Fit = Fit()
    preprocess: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    seed: int = 7
    window: int | None = None
    versus: tuple[tuple[str, tuple[float, ...]], ...] = ()
    segments: tuple[str, ...] = ()
    engine: Literal["auto", "onnx", "compiled"] = "auto"
    target: str = "lambda"
    explain: bool = False
    answer: Literal["prediction", "embedding"] = "prediction"
