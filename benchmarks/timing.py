"""Things timed in turn, A then B then A again, so that a noisy minute falls on all; medians and ratios."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlspec.targets.packaging import cache_folder

MIB = 2**20
# As installed programs run: with .pyc files, in a folder of their own, whatever this machine says about writing them.
ENVIRON = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache_folder() / "benchmarks")}


def processes(
    commands: Mapping[str, Sequence[str]], *, rounds: int, before: Mapping[str, Callable[[], None]]
) -> dict[str, float]:
    """Median wall seconds of each command over `rounds`, after one that fills the caches of files and .pyc.

    `before[name]` runs untimed before each of its turns."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            before.get(name, lambda: None)()
            seconds[name].append(process(command))
    return {name: statistics.median(values[1:]) for name, values in seconds.items()}


def process(command: Sequence[str]) -> float:
    """Wall seconds of one whole process; the benchmark ends where it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRON)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)[:200]} failed with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    return seconds


def seconds_of(function: Callable[[], Any]) -> float:
    """Wall seconds of one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def show(figures: Mapping[str, float], *, unit: str = "ms", scale: float = 1000.0) -> None:
    """One line a figure."""
    for name, value in figures.items():
        print(f"  {value * scale:10.1f} {unit}  {name}", flush=True)


def ratio(text: str, value: float, limit: float | None = None) -> None:
    """A ratio; beside what is to be reached, where something is."""
    reach = "" if limit is None else f" (to reach: at most {limit:g}) {verdict(value <= limit)}"
    print(f"  {value:10.2f}     {text}{reach}", flush=True)


def verdict(reached: bool) -> str:
    """What stands behind a figure that is to be reached."""
    return "ok" if reached else "MISSED"
