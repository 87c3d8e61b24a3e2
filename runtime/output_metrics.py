"""A metric of one output among several, by the name that gates and evaluation.json have for it: `rmse of cost`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_OF = " of "


def metric_names(metrics: Sequence[str], outputs: Sequence[str]) -> tuple[str, ...]:
    """Each metric, and each metric of each output."""
    return (*metrics, *(f"{metric}{_OF}{output}" for output in outputs for metric in metrics))


def metric_of(name: str) -> str:
    """The metric without the output."""
    return name.partition(_OF)[0]


def measured_part(name: str, values: "np.ndarray", outputs: Sequence[str]) -> "np.ndarray":
    """What of `values` [rows, outputs] is measured: the output's own [rows], or all."""
    output = name.partition(_OF)[2]
    return values[:, outputs.index(output)] if output else values
