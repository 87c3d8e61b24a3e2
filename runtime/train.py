"""Fits the estimator on the training rows: one thread and one seed, so that the same rows give the same model."""

from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Contract, ContractBroken
from mlspec.runtime.estimators import make_estimator
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np

    from mlspec.runtime.splits import Parts


def fit_model(settings: TrainingSettings, matrix: "np.ndarray", target: "np.ndarray", *, parts: "Parts") -> Any:
    """The fitted estimator. Early stopping sees the validation rows and no others; without any it is off, unless the
    spec says so. An estimator that cannot be given rows to stop on is fitted on training and validation rows."""
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    arguments = dict(settings.arguments)
    train, watched = parts.train, {}
    if "HistGradientBoosting" in settings.estimator:
        arguments.setdefault("early_stopping", bool(len(parts.validation)))
        if len(parts.validation) and arguments["early_stopping"]:
            watched = {"X_val": matrix[parts.validation], "y_val": target[parts.validation]}
    if not watched:
        train = np.sort(np.concatenate([parts.train, parts.validation]))
    _require_classes(target[train], settings.contract)
    model = make_estimator(settings.estimator, arguments, features=settings.contract.features, seed=settings.seed)
    with threadpool_limits(limits=1):
        model.fit(matrix[train], target[train], **watched)
    _round_thresholds(model)
    return model


def _require_classes(target: "np.ndarray", contract: Contract) -> None:
    missing = [str(name) for code, name in enumerate(contract.classes) if not (target == code).any()]
    if missing:
        raise ContractBroken(f"no training row has the label {', '.join(missing)}")


def _round_thresholds(model: Any) -> None:
    """Make every tree's thresholds float32 numbers, rounded down: ONNX stores them so, and for a float32 x the
    answer of x <= threshold stays what it was. Rounded to nearest, as the converter does, it would not."""
    for thresholds in _thresholds(model):
        thresholds[:] = round_down(thresholds)


def round_down(values: "np.ndarray") -> "np.ndarray":
    """The largest float32 numbers that are not above float64 `values`, as float64."""
    import numpy as np

    near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float64)


def _thresholds(model: Any) -> "list[np.ndarray]":
    """The threshold arrays of all trees of a fitted estimator, or of the last step of a pipeline; none for the rest."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if hasattr(last, "_predictors"):
        return [tree.nodes["num_threshold"] for stage in last._predictors for tree in stage]
    if hasattr(last, "tree_"):
        return [last.tree_.threshold]
    trees = getattr(last, "estimators_", ())
    flat = trees.ravel() if hasattr(trees, "ravel") else trees
    return [tree.tree_.threshold for tree in flat if hasattr(tree, "tree_")]
