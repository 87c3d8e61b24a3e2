"""Turns true and predicted values into metrics; each takes a matrix of row weights, so that a thousand resamples are
measured in the same few array operations as the rows themselves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlspec.runtime.contract import Task

if TYPE_CHECKING:
    import numpy as np

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "mae", "rmse"})


def measure(metric: str, truth: "np.ndarray", predicted: "np.ndarray", *, task: Task) -> float | None:
    """The metric on these rows; None where it has no value, as for ROC AUC with one class."""
    import numpy as np

    value = float(weighted(metric, truth, predicted, weights=np.ones((1, len(truth))), task=task)[0])
    return value if np.isfinite(value) else None


def weighted(
    metric: str, truth: "np.ndarray", predicted: "np.ndarray", *, weights: "np.ndarray", task: Task
) -> "np.ndarray":
    """The metric under each row of `weights` [resamples, rows]; NaN where it has no value.

    `truth` holds class indices and `predicted` probabilities [rows, classes]; for regression both hold values, of
    several outputs [rows, outputs]: then it is the mean of the metrics of each."""
    import numpy as np

    function = METRICS[task][metric]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(function(truth, np.asarray(predicted, np.float64), weights))


def _mean(losses: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    mean: np.ndarray = (weights @ losses) / weights.sum(axis=1)
    return mean


def _of_positive(function: Callable[..., "np.ndarray"]) -> Callable[..., "np.ndarray"]:
    """The metric of a two-class score, of the positive class."""
    return lambda truth, predicted, weights: function(truth == 1, predicted[:, 1], weights)


def _of_each_class(function: Callable[..., "np.ndarray"]) -> Callable[..., "np.ndarray"]:
    """The mean over the classes, each against the rest."""

    def mean(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
        import numpy as np

        each = [function(truth == k, predicted[:, k], weights) for k in range(predicted.shape[1])]
        return np.asarray(np.mean(each, axis=0))

    return mean


def _of_each_output(function: Callable[..., "np.ndarray"]) -> Callable[..., "np.ndarray"]:
    """The mean over the outputs, where there are several."""

    def mean(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
        import numpy as np

        if truth.ndim == 1:
            return function(truth, predicted, weights)
        each = [function(true, told, weights) for true, told in zip(truth.T, predicted.T, strict=True)]
        return np.asarray(np.mean(each, axis=0))

    return mean


def _by_score(positive: "np.ndarray", score: "np.ndarray", weights: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
    """Weight of positives and of negatives at each distinct score, lowest score first."""
    import numpy as np

    order = np.argsort(score, kind="stable")
    ordered, positive, weights = score[order], positive[order], weights[:, order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    total = np.add.reduceat(weights, starts, axis=1)
    positives = np.add.reduceat(weights * positive, starts, axis=1)
    return positives, total - positives


def _roc_auc(positive: "np.ndarray", score: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    """The share of pairs in the right order, ties counted half (Mann and Whitney)."""
    positives, negatives = _by_score(positive, score, weights)
    below = negatives.cumsum(axis=1) - negatives / 2
    area: np.ndarray = (positives * below).sum(axis=1) / (positives.sum(axis=1) * negatives.sum(axis=1))
    return area


def _average_precision(positive: "np.ndarray", score: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    import numpy as np

    positives, negatives = _by_score(positive, score, weights)
    true = positives[:, ::-1].cumsum(axis=1)
    false = negatives[:, ::-1].cumsum(axis=1)
    precision = np.nan_to_num(true / (true + false))
    area: np.ndarray = (positives[:, ::-1] * precision).sum(axis=1) / positives.sum(axis=1)
    return area


def _log_loss(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    import numpy as np

    tiny = np.finfo(np.float64).eps
    chosen = np.clip(predicted[np.arange(len(truth)), truth], tiny, 1 - tiny)
    return _mean(-np.log(chosen), weights)


def _brier(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    """Mean squared error of the probabilities: of the positive one, or summed over three and more."""
    import numpy as np

    squares = (predicted - np.eye(predicted.shape[1])[truth]) ** 2
    return _mean(squares[:, 1] if predicted.shape[1] == 2 else squares.sum(axis=1), weights)


def _accuracy(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    return _mean(predicted.argmax(axis=1) == truth, weights)


def _confusion(
    truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray"
) -> tuple["np.ndarray", "np.ndarray", "np.ndarray"]:
    """For each class [resamples, classes]: the weight predicted right, predicted at all, and true at all."""
    import numpy as np

    one_hot = np.eye(predicted.shape[1])
    is_true, is_predicted = one_hot[truth], one_hot[predicted.argmax(axis=1)]
    return weights @ (is_true * is_predicted), weights @ is_predicted, weights @ is_true


def _balanced_accuracy(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    import numpy as np

    right, _, true = _confusion(truth, predicted, weights)
    return np.asarray(np.nanmean(right / true, axis=1))


def _per_class(kind: str) -> Callable[..., "np.ndarray"]:
    """Precision, recall or F1: of the positive class, or the mean over the classes that occur; 0 where nothing was."""

    def score(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
        import numpy as np

        right, guessed, true = _confusion(truth, predicted, weights)
        over = {"precision": guessed, "recall": true, "f1": (guessed + true) / 2}[kind]
        values = np.where(over > 0, right / np.where(over > 0, over, 1), 0.0)
        if predicted.shape[1] == 2:
            return np.asarray(values[:, 1])
        return np.asarray(np.nanmean(np.where(guessed + true > 0, values, np.nan), axis=1))

    return score


def _mae(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    return _mean(abs(truth - predicted), weights)


def _rmse(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    return _mean((truth - predicted) ** 2, weights) ** 0.5


def _r2(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    import numpy as np

    centred = truth - truth.mean()  # keeps the next line from losing digits
    spread = _mean(centred**2, weights) - _mean(centred, weights) ** 2
    return np.where(spread > 0, 1 - _mean((truth - predicted) ** 2, weights) / spread, np.nan)


_CLASSES: dict[str, Callable[..., "np.ndarray"]] = {
    "log_loss": _log_loss,
    "brier": _brier,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _per_class("f1"),
    "precision": _per_class("precision"),
    "recall": _per_class("recall"),
}
METRICS: dict[Task, dict[str, Callable[..., "np.ndarray"]]] = {
    "binary": {
        "roc_auc": _of_positive(_roc_auc),
        "average_precision": _of_positive(_average_precision),
        **_CLASSES,
    },
    "multiclass": {
        "roc_auc": _of_each_class(_roc_auc),
        "average_precision": _of_each_class(_average_precision),
        **_CLASSES,
    },
    "regression": {
        "mae": _of_each_output(_mae),
        "rmse": _of_each_output(_rmse),
        "r2": _of_each_output(_r2),
    },
}
