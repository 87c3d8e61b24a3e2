"""Turns two models' answers to the same rows into how much better the first is, and how sure that is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlspec.runtime.metrics import LOWER_IS_BETTER, measure, weighted

if TYPE_CHECKING:
    import numpy as np

    from mlspec.runtime.contract import Task

RESAMPLES = 1000
AT_ONCE = 50  # resamples in one matrix: keeps it in the processor's reach


def difference(
    metric: str,
    truth: "np.ndarray",
    pair: tuple["np.ndarray", "np.ndarray"],
    *,
    confidences: Sequence[float],
    seed: int,
    task: "Task",
) -> dict[str, Any] | None:
    """First minus second, sign turned so that more is better, on the rows themselves (`mean`), and its one-sided
    lower bounds: percentiles of a paired bootstrap, both see the same resamples. None where there is no value."""
    import numpy as np

    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    first, second = (measure(metric, truth, predicted, task=task) for predicted in pair)
    if first is None or second is None:
        return None
    random = np.random.default_rng(seed)
    gains = np.concatenate([
        weighted(metric, truth, pair[0], weights=weights, task=task)
        - weighted(metric, truth, pair[1], weights=weights, task=task)
        for weights in (_weights(random, len(truth)) for _ in range(RESAMPLES // AT_ONCE))
    ])  # fmt: skip
    gains = sign * gains[np.isfinite(gains)]
    lower = {f"{c:g}": float(np.quantile(gains, 1 - c)) for c in confidences if len(gains)}
    return {"mean": sign * (first - second), "lower": lower}


def _weights(random: "np.random.Generator", rows: int) -> "np.ndarray":
    """How often each row is drawn, in each of a few resamples."""
    import numpy as np

    drawn = random.integers(0, rows, size=(AT_ONCE, rows), dtype=np.int32)
    drawn += np.arange(AT_ONCE, dtype=np.int32)[:, None] * rows
    return np.bincount(drawn.ravel(), minlength=AT_ONCE * rows).reshape(AT_ONCE, rows).astype(np.float64)
