"""Divides rows into training, validation and test: by time, where no part holds a time of the next, or at random."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlspec.runtime.contract import ContractBroken
from mlspec.runtime.training_settings import Part, Split

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Parts:
    """Row numbers of each part, ascending."""

    train: "np.ndarray"
    validation: "np.ndarray"
    test: "np.ndarray"


def split_rows(count: int, split: Split, *, seed: int, times: "np.ndarray | None" = None) -> Parts:
    """The parts of `count` rows; `times` are microseconds, ascending, needed for a split by time."""
    if split.by == "time":
        if times is None:
            raise ContractBroken("a split by time needs a column of role time")
        parts = _by_time(times, split)
    else:
        parts = _at_random(count, split, seed=seed)
    for name, rows, asked in (
        ("training", parts.train, True),
        ("test", parts.test, True),
        ("validation", parts.validation, not split.validation.empty),
    ):
        if asked and not len(rows):
            raise ContractBroken(f"the split leaves no {name} rows of {count}")
    return parts


def _by_time(times: "np.ndarray", split: Split) -> Parts:
    import numpy as np

    test = _start(times, split.test)
    validation = _start(times[:test], split.validation)
    rows = np.arange(len(times))
    return Parts(rows[:validation], rows[validation:test], rows[test:])


def _start(times: "np.ndarray", part: Part) -> int:
    """The first row of the newest `part`; rows of one time stay together, in the newer part."""
    import numpy as np

    if part.empty or not len(times):
        return len(times)
    if part.milliseconds is not None:
        return int(np.searchsorted(times, times[-1] - part.milliseconds * 1000, side="right"))
    wanted = max(1, round(len(times) * part.share))
    return int(np.searchsorted(times, times[len(times) - wanted], side="left"))


def _at_random(count: int, split: Split, *, seed: int) -> Parts:
    import numpy as np

    if split.test.milliseconds is not None or split.validation.milliseconds is not None:
        raise ContractBroken("a random split takes shares, not durations")
    order = np.random.default_rng(seed).permutation(count)
    test = round(count * split.test.share)
    validation = test + round(count * split.validation.share)
    return Parts(np.sort(order[validation:]), np.sort(order[test:validation]), np.sort(order[:test]))
