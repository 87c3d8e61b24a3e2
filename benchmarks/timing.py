"""Whole processes timed in turn, A then B then A again, so that a noisy minute falls on both; medians and ratios."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence


def processes(
    commands: Mapping[str, Sequence[str]], *, rounds: int, before: Mapping[str, Callable[[], None]]
) -> dict[str, float]:
    """Median wall seconds of each command over `rounds`; `before[name]` runs untimed before each of its turns."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            before.get(name, lambda: None)()
            started = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            seconds[name].append(time.perf_counter() - started)
            if done.returncode:
                sys.exit(f"{name} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return {name: statistics.median(values) for name, values in seconds.items()}


def show(figures: Mapping[str, float], *, unit: str = "ms", scale: float = 1000.0) -> None:
    """One line a figure."""
    for name, value in figures.items():
        print(f"  {value * scale:10.1f} {unit}  {name}")


def ratio(text: str, value: float, limit: float) -> None:
    """A ratio beside what is to be reached."""
    print(f"  {value:10.2f}     {text} (to reach: at most {limit:g}) {'ok' if value <= limit else 'MISSED'}")
