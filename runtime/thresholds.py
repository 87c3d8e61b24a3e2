"""Makes the thresholds of fitted trees float32 numbers that send every float32 row where it went before."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def round_thresholds(model: Any) -> None:
    """Round the thresholds of scikit-learn's trees down: ONNX stores them as float32, and for a float32 x the answer of
    x <= threshold stays what it was. Rounded to nearest, as the converter does, it would not."""
    for thresholds in _thresholds(model):
        thresholds[:] = round_down(thresholds)


def round_down(values: "np.ndarray") -> "np.ndarray":
    """The largest float32 numbers that are not above float64 `values`, as float64."""
    import numpy as np

    near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float64)


def round_down_one(value: float) -> float:
    """The same of one number."""
    import numpy as np

    return float(round_down(np.array([value]))[0])


def _thresholds(model: Any) -> "list[np.ndarray]":
    """The threshold arrays of all trees of a fitted estimator, or of the last step of a pipeline; none for the
    rest."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if hasattr(last, "_predictors"):
        return [tree.nodes["num_threshold"] for stage in last._predictors for tree in stage]
    if hasattr(last, "tree_"):
        return [last.tree_.threshold]
    parts = getattr(last, "estimators_", ())
    flat = parts.ravel() if hasattr(parts, "ravel") else parts
    return [threshold for part in flat for threshold in _thresholds(part)]
