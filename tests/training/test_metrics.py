"""Every metric agrees with scikit-learn, plain and weighted; the bootstrap agrees with resampling by hand."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from sklearn import metrics as sk

from mlspec.runtime.bootstrap import difference
from mlspec.runtime.metrics import LOWER_IS_BETTER, METRICS, measure, weighted
from mlspec.specs.models import Metric

RANDOM = np.random.default_rng(3)
ROWS = 400


def probabilities(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and rounded probabilities, so that there are ties."""
    truth = RANDOM.integers(0, classes, ROWS)
    raw = RANDOM.random((ROWS, classes)) + np.eye(classes)[truth]
    return truth, np.round(raw / raw.sum(axis=1, keepdims=True), 2)


BINARY = probabilities(2)
BINARY[1][:, 0] = 1 - BINARY[1][:, 1]
MULTI = probabilities(3)
MULTI[1][:, 0] = 1 - MULTI[1][:, 1:].sum(axis=1)
NUMBERS = (RANDOM.normal(5, 2, ROWS), RANDOM.normal(5, 2, ROWS))


def hard(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda y, p, w: function(y, p.argmax(axis=1), sample_weight=w, **options)


def one_hot_mean(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda y, p, w: np.mean([function(y == k, p[:, k], sample_weight=w) for k in range(p.shape[1])])


PEERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("binary", "roc_auc"): lambda y, p, w: sk.roc_auc_score(y, p[:, 1], sample_weight=w),
    ("binary", "average_precision"): lambda y, p, w: sk.average_precision_score(y, p[:, 1], sample_weight=w),
    ("binary", "brier"): lambda y, p, w: sk.brier_score_loss(y, p[:, 1], sample_weight=w),
    ("binary", "f1"): hard(sk.f1_score),
    ("binary", "precision"): hard(sk.precision_score),
    ("binary", "recall"): hard(sk.recall_score),
    ("multiclass", "roc_auc"): one_hot_mean(sk.roc_auc_score),
    ("multiclass", "average_precision"): one_hot_mean(sk.average_precision_score),
    ("multiclass", "brier"): lambda y, p, w: sk.brier_score_loss(y, p, sample_weight=w),
    ("multiclass", "f1"): hard(sk.f1_score, average="macro"),
    ("multiclass", "precision"): hard(sk.precision_score, average="macro"),
    ("multiclass", "recall"): hard(sk.recall_score, average="macro"),
    ("regression", "mae"): lambda y, p, w: sk.mean_absolute_error(y, p, sample_weight=w),
    ("regression", "rmse"): lambda y, p, w: sk.root_mean_squared_error(y, p, sample_weight=w),
    ("regression", "r2"): lambda y, p, w: sk.r2_score(y, p, sample_weight=w),
    **{
        (task, metric): peer
        for task in ("binary", "multiclass")
        for metric, peer in {
            "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
            "accuracy": hard(sk.accuracy_score),
            "balanced_accuracy": hard(sk.balanced_accuracy_score),
        }.items()
    },
}
DATA = {"binary": BINARY, "multiclass": MULTI, "regression": NUMBERS}
CASES = [(task, metric) for task, table in METRICS.items() for metric in table]


@pytest.mark.parametrize(("task", "metric"), CASES)
def test_metrics_agree_with_scikit_learn(task: Any, metric: str) -> None:
    truth, predicted = DATA[task]
    assert measure(metric, truth, predicted, task=task) == pytest.approx(PEERS[task, metric](truth, predicted, None))


@pytest.mark.parametrize(("task", "metric"), CASES)
def test_weights_count_as_repeated_rows(task: Any, metric: str) -> None:
    truth, predicted = DATA[task]
    weights = RANDOM.integers(0, 4, (3, ROWS)).astype(float)
    expected = [PEERS[task, metric](truth, predicted, w) for w in weights]
    assert weighted(metric, truth, predicted, weights=weights, task=task) == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS["regression"])
def test_of_several_outputs_a_metric_is_the_mean(metric: str) -> None:
    truth, predicted = RANDOM.normal(5, 2, (ROWS, 3)) * [1, 10, 100], RANDOM.normal(5, 2, (ROWS, 3)) * [1, 10, 100]
    weights = RANDOM.integers(0, 4, (2, ROWS)).astype(float)
    peer = PEERS["regression", metric]
    expected = [np.mean([peer(truth[:, k], predicted[:, k], w) for k in range(3)]) for w in weights]
    assert weighted(metric, truth, predicted, weights=weights, task="regression") == pytest.approx(expected)


def test_every_metric_of_the_language_is_measured() -> None:
    assert set().union(*METRICS.values()) == set(get_args(Metric))


def test_a_metric_without_a_value_is_none() -> None:
    ones = np.ones(5, dtype=int)
    assert measure("roc_auc", ones, np.full((5, 2), 0.5), task="binary") is None
    assert measure("r2", np.ones(5), np.ones(5), task="regression") is None


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_difference_is_the_percentile_of_paired_resamples(metric: str) -> None:
    truth, good = BINARY
    worse = np.clip(good + RANDOM.normal(0, 0.2, ROWS)[:, None] * [1, -1], 0.01, 0.99)
    found = difference(metric, truth, (good, worse), confidences=(0.5, 0.95), seed=5, task="binary")
    assert found is not None
    sign = -1 if metric in LOWER_IS_BETTER else 1
    peer = PEERS["binary", metric]
    random = np.random.default_rng(99)
    gains = []
    for _ in range(250):
        rows = random.integers(0, ROWS, ROWS)
        gains.append(sign * (peer(truth[rows], good[rows], None) - peer(truth[rows], worse[rows], None)))
    assert found["mean"] == pytest.approx(sign * (peer(truth, good, None) - peer(truth, worse, None)))
    assert found["lower"]["0.5"] == pytest.approx(np.quantile(gains, 0.5), abs=0.4 * np.std(gains))
    assert found["lower"]["0.95"] == pytest.approx(np.quantile(gains, 0.05), abs=0.6 * np.std(gains))
    assert found["lower"]["0.95"] < found["lower"]["0.5"]


def test_difference_of_a_model_with_itself_is_nothing() -> None:
    truth, predicted = BINARY
    found = difference("roc_auc", truth, (predicted, predicted), confidences=(0.95,), seed=1, task="binary")
    assert found == {"mean": 0.0, "lower": {"0.95": 0.0}}
