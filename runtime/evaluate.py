"""Turns the test rows and one or two models into what the gates judge: metrics, segments, differences, latency."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlspec.runtime.bootstrap import difference
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.metrics import METRICS, measure
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from mlspec.runtime.contract import Task

WARM_UP = 50
REQUESTS = 1000
Metrics = dict[str, float | None]


@dataclass(frozen=True)
class Answers:
    """What one model answers to the test rows."""

    model: OnnxModel
    matrix: "np.ndarray"
    predicted: "np.ndarray"


def evaluate(
    rows: "pl.DataFrame", models: Mapping[str, OnnxModel | None], settings: TrainingSettings
) -> dict[str, Any]:
    """The parts of evaluation.json that come from the test rows; `models`: the challenger and the champion, if any."""
    truth = target_vector(rows, settings.contract)
    task = settings.contract.task
    answers = {name: _answers(model, rows) if model else None for name, model in models.items()}
    return {
        "metrics": {
            name: {**_metrics(truth, a.predicted, task), "latency_p99": latency_p99(a)} if a else None
            for name, a in answers.items()
        },
        "segments": {column: _segments(column, rows, truth, answers, task) for column in settings.segments},
        "differences": _differences(truth, answers, settings),
    }


def latency_p99(answers: Answers) -> float:
    """Milliseconds that 99 of 100 requests of one row stay under, asked of the session one after another."""
    import numpy as np

    run = answers.model.session.run
    single = [answers.matrix[i % len(answers.matrix)][None] for i in range(WARM_UP + REQUESTS)]
    taken = []
    for row in single:
        start = time.perf_counter()
        run(None, {"X": row})
        taken.append(time.perf_counter() - start)
    return float(np.quantile(taken[WARM_UP:], 0.99)) * 1000


def _answers(model: OnnxModel, rows: "pl.DataFrame") -> Answers:
    matrix = feature_matrix(rows, model.features)
    return Answers(model, matrix, model.predict(matrix))


def _metrics(truth: "np.ndarray", predicted: "np.ndarray", task: "Task") -> Metrics:
    return {metric: measure(metric, truth, predicted, task=task) for metric in METRICS[task]}


def _segments(
    column: str, rows: "pl.DataFrame", truth: "np.ndarray", answers: Mapping[str, Answers | None], task: "Task"
) -> dict[str, Any]:
    """Each value of a column that occurs, and how the models do on its rows."""
    values = rows[column].cast(str)
    result = {}
    for value in values.drop_nulls().unique().sort():
        inside = (values == value).fill_null(value=False).to_numpy()
        scores = {
            name: _metrics(truth[inside], a.predicted[inside], task) if a else None for name, a in answers.items()
        }
        result[value] = {"rows": int(inside.sum()), **scores}
    return result


def _differences(
    truth: "np.ndarray", answers: Mapping[str, Answers | None], settings: TrainingSettings
) -> dict[str, Any]:
    challenger, champion = answers["challenger"], answers["champion"]
    if challenger is None or champion is None:
        return {}
    pair = (challenger.predicted, champion.predicted)
    return {
        metric: difference(
            metric, truth, pair, confidences=confidences, seed=settings.seed, task=settings.contract.task
        )
        for metric, confidences in settings.versus
    }  # fmt: skip
