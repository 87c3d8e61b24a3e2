"""What a spec says is watched, and the merged counts of a window, turned into drift and into the metrics of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mlspec.runtime.drift import METHODS
from mlspec.runtime.emf import Metric, emf_line
from mlspec.runtime.windows import Line, merge, prediction_counts, reference_counts


@dataclass(frozen=True, slots=True)
class Watch:
    """One drift monitor of the spec; `columns` is all, `top N` or names, and counts for data_drift alone."""

    signal: Literal["data_drift", "prediction_drift"]
    method: Literal["psi", "js"]
    window: int  # milliseconds
    min_rows: int
    columns: str | tuple[str, ...] = "all"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one monitor saw: no columns when there were too few rows to judge; predictions are the column '', or a
    column for each of several outputs."""

    signal: str
    rows: int
    drift: Mapping[str, float]

    @property
    def largest(self) -> float | None:
        """The drift that the alarm looks at, if any was measured."""
        return max(self.drift.values(), default=None)


def judge(watch: Watch, lines: Sequence[Line], profile: Mapping[str, Any], *, now: int) -> Finding:
    """How far the rows of the window that ends at `now` (epoch ms) are from the profile."""
    seen = merge(line for line in lines if now - watch.window < line.end <= now)
    if seen.rows < watch.min_rows:
        return Finding(watch.signal, seen.rows, {})
    distance = METHODS[watch.method]
    if watch.signal == "prediction_drift":
        references = prediction_counts(profile["prediction"])
        drift = {name: distance(reference, seen.predictions[name]) for name, reference in references.items()}
        return Finding(watch.signal, seen.rows, drift)
    drift = {
        name: distance(reference_counts(profile["columns"][name]), seen.columns[name])
        for name in watched_columns(watch.columns, profile)
    }
    return Finding(watch.signal, seen.rows, drift)


def watched_columns(columns: str | tuple[str, ...], profile: Mapping[str, Any]) -> list[str]:
    """The names that `all`, `top N` or a list stand for, as far as the release knows them."""
    names = profile["columns"]
    if not isinstance(columns, str):
        return [name for name in columns if name in names]
    if columns == "all":
        return list(names)
    ranked = [name for name in profile["importance"] if name in names]
    return ranked[: int(columns.removeprefix("top "))]


def metric_lines(finding: Finding, *, model: str, environment: str, stamp: int) -> list[str]:
    """The EMF lines of a finding: rows always, drift where it was measured."""
    base, dimensions = ["model", "environment"], {"model": model, "environment": environment}
    metrics = {"monitored_rows": Metric("Count", finding.rows)}
    if finding.largest is not None:
        metrics[finding.signal] = Metric("None", finding.largest)
    columns = [
        emf_line(
            {"data_drift_column": Metric("None", drift)},
            {**dimensions, "column": name},
            sets=[[*base, "column"]],
            stamp=stamp,
        )
        for name, drift in finding.drift.items()
        if finding.signal == "data_drift"
    ]
    return [emf_line(metrics, dimensions, sets=[base], stamp=stamp), *columns]
