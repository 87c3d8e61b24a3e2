"""Turns a model into how much it leans on each feature: what its loss gains when that feature's values are shuffled."""

from typing import TYPE_CHECKING

from mlspec.runtime.metrics import measure
from mlspec.runtime.onnx_model import OnnxModel

if TYPE_CHECKING:
    import numpy as np

    from mlspec.runtime.contract import Task

SAMPLE = 4000


def permutation_importance(
    model: OnnxModel, matrix: "np.ndarray", target: "np.ndarray", *, task: "Task", seed: int
) -> dict[str, float]:
    """The rise in log loss (RMSE for a number) on a sample of rows, most important feature first (Breiman, 2001). Of
    several numbers each counts in its own spread, lest one of large numbers be all that counts."""
    import numpy as np

    random = np.random.default_rng(seed)
    sample = np.sort(random.permutation(len(target))[:SAMPLE])
    matrix, target = matrix[sample], target[sample]
    metric = "rmse" if task == "regression" else "log_loss"
    order = random.permutation(len(target))
    spread = np.where(target.std(axis=0) > 0, target.std(axis=0), 1.0) if model.outputs else None

    def loss(rows: "np.ndarray") -> float:
        predicted = model.predict(rows)
        if spread is not None:
            return measure(metric, target / spread, predicted / spread, task=task) or 0.0
        return measure(metric, target, predicted, task=task) or 0.0

    usual = loss(matrix)
    gains = {}
    for index, column in enumerate(model.features):
        shuffled = matrix.copy()
        shuffled[:, index] = matrix[order, index]
        gains[column.name] = loss(shuffled) - usual
    return dict(sorted(gains.items(), key=lambda gain: -gain[1]))
