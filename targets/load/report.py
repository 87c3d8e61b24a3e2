"""All that a bench run found, as one value, and as plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlspec.targets.load.samples import Summary
from mlspec.targets.load.search import Bound


@dataclass(frozen=True, slots=True)
class Report:
    """`setting`: what was sent where, in words; `capacity`: replies as fast as they came, where that was asked for;
    `within`: the best run of the search for `bound`."""

    title: str
    setting: Mapping[str, str]
    runs: tuple[Summary, ...]
    capacity: Summary | None = None
    bound: Bound | None = None
    within: Summary | None = None

    @property
    def failures(self) -> int:
        """Requests that were not answered as they should be, at the fixed rates."""
        return sum(run.failures for run in self.runs)


def document(report: Report) -> dict[str, Any]:
    """The report for machines: rates per second, latencies in milliseconds."""
    return {
        "format": 1,
        "setting": dict(report.setting),
        "capacity": _run(report.capacity),
        "runs": [_run(run) for run in report.runs],
        "bound": asdict(report.bound) if report.bound else None,
        "within": _run(report.within),
        "failures": report.failures,
    }


def _run(run: Summary | None) -> dict[str, Any] | None:
    if run is None:
        return None
    plain = asdict(run)
    plain["latency"] = {f"p{percentile:g}": value for percentile, value in run.latency.items()}
    return plain
