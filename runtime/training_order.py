"""What one training job was ordered to do: its settings, and the hyperparameters SageMaker put into its folder."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlspec.runtime.dataset import parse_now
from mlspec.runtime.training_settings import TrainingSettings


@dataclass(frozen=True)
class Order:
    """`base` is the container's folder; `newer_than` the champion's newest row, of which there must be newer ones."""

    settings: TrainingSettings
    base: Path
    release: str
    champion: str
    now: datetime
    min_new_rows: int = 0
    newer_than: str = ""

    @classmethod
    def read(cls, settings: TrainingSettings, base: Path) -> "Order":
        """The order in `base`; hyperparameters are text, as SageMaker passes them."""
        told = json.loads((base / "input/config/hyperparameters.json").read_text(encoding="utf-8"))
        return cls(
            settings,
            base,
            told["release"],
            told.get("champion", ""),
            parse_now(told["now"]),
            int(told.get("min_new_rows", 0)),
            told.get("newer_than", ""),
        )
