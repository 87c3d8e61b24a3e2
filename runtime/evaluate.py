"""Turns the test rows and one or two models into what the gates judge: metrics, segments, differences, latency."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlspec.runtime.bootstrap import difference
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.metrics import METRICS, measure
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.output_metrics import measured_part, metric_names, metric_of
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from mlspec.runtime.contract import Contract

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
    contract = settings.contract
    truth = target_vector(rows, contract)
    answers = {name: _answers(model, rows) if model else None for name, model in models.items()}
    return {
        "metrics": {
            name: {**_metrics(truth, a.predicted, contract), "latency_p99": latency_p99(a)} if a else None
            for name, a in answers.items()
        },
        "segments": {column: _segments(column, rows, truth, answers, contract) for column in settings.segments},
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


def _metrics(truth: "np.ndarray", predicted: "np.ndarray", contract: "Contract") -> Metrics:
    """Each metric; of several outputs their mean, and each one's own."""
    outputs, task = contract.outputs, contract.task
    return {
        name: measure(
            metric_of(name), measured_part(name, truth, outputs), measured_part(name, predicted, outputs), task=task
        )
        for name in metric_names(tuple(METRICS[task]), outputs)
    }


def _segments(
    column: str, rows: "pl.DataFrame", truth: "np.ndarray", answers: Mapping[str, Answers | None], contract: "Contract"
) -> dict[str, Any]:
    """Each value of a column that occurs, and how the models do on its rows."""
    values = rows[column].cast(str)
    result = {}
    for value in values.drop_nulls().unique().sort():
        inside = (values == value).fill_null(value=False).to_numpy()
        scores = {
            name: _metrics(truth[inside], a.predicted[inside], contract) if a else None for name, a in answers.items()
        }
        result[value] = {"rows": int(inside.sum()), **scores}
    return result


def _differences(
    truth: "np.ndarray", answers: Mapping[str, Answers | None], settings: TrainingSettings
) -> dict[str, Any]:
    challenger, champion = answers["challenger"], answers["champion"]
    if challenger is None or champion is None:
        return {}
    told, task = {}, settings.contract.task
    for name, confidences in settings.versus:
        values = (truth, challenger.predicted, champion.predicted)
        true, first, second = (measured_part(name, part, settings.contract.outputs) for part in values)
        told[name] = difference(
            metric_of(name), true, (first, second), confidences=confidences, seed=settings.seed, task=task
        )
    return told
