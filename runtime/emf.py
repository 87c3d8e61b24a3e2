"""Metrics as one line of CloudWatch's embedded metric format, which turns log lines into metrics by itself."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

NAMESPACE = "mlspec"
MOST_VALUES = 100  # CloudWatch drops an array of more: its specification, "Target members"


class Metric(NamedTuple):
    """One metric's unit and its value, or one value for each thing that happened."""

    unit: Literal["Count", "Milliseconds", "None"]
    value: float | Sequence[float]


def emf_line(
    metrics: Mapping[str, Metric],
    dimensions: Mapping[str, str],
    *,
    sets: Sequence[Sequence[str]],
    stamp: int,
) -> str:
    """The line for `metrics` at `stamp` (epoch ms), under each of the dimension sets."""
    for name, metric in metrics.items():
        if isinstance(metric.value, Sequence) and len(metric.value) > MOST_VALUES:
            raise ValueError(f"metric {name} has {len(metric.value)} values; at most {MOST_VALUES} fit a line")
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(names) for names in sets],
        "Metrics": [{"Name": name, "Unit": metric.unit} for name, metric in metrics.items()],
    }
    values = {name: metric.value for name, metric in metrics.items()}
    line = {"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [directive]}, **dimensions, **values}
    return json.dumps(line, separators=(",", ":"), allow_nan=False)


def write_line(line: str) -> None:
    """Put a line into the function's log, at once: the process may be frozen after this request."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
