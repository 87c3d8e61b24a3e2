"""What a server can do: its most replies per second, and the highest rate at which latency stays within a bound."""

from collections.abc import Callable
from dataclasses import dataclass

from mlspec.targets.load.samples import Summary

_STEPS = 7  # halvings: the answer is within 1% of where the search began

Measure = Callable[[float], Summary]


@dataclass(frozen=True, slots=True)
class Bound:
    """`percentile` of the latencies (one of samples.PERCENTILES) is at most `milliseconds`."""

    milliseconds: float
    percentile: float = 99.0

    def holds(self, run: Summary) -> bool:
        """Whether the run stayed within: in time, at the rate asked for, and without a failure."""
        in_time = run.latency[self.percentile] <= self.milliseconds
        return in_time and run.failures == 0 and run.kept_up

    def __str__(self) -> str:
        return f"p{self.percentile:g} within {f'{self.milliseconds:,.3f}'.rstrip('0').rstrip('.')} ms"


def highest_rate(measure: Measure, bound: Bound, *, capacity: float) -> tuple[Summary | None, list[Summary]]:
    """The best run within `bound`, None where none was, and all runs: the rate is halved in on from `capacity`."""
    low, high = 0.0, capacity
    best: Summary | None = None
    runs = []
    for _ in range(_STEPS):
        rate = (low + high) / 2
        run = measure(rate)
        runs.append(run)
        if bound.holds(run):
            best, low = run, rate
        else:
            high = rate
    return best, runs


def rates_of(capacity: float) -> list[float]:
    """The fixed rates that show how latency grows: shares of what the server can do, to two digits."""
    return [float(f"{capacity * share:.2g}") for share in (0.1, 0.25, 0.5, 0.7, 0.8, 0.9)]
