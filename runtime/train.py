"""Fits the estimator on the training rows: one thread and one seed, so that the same rows give the same model."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mlspec.runtime import boosting
from mlspec.runtime.contract import Contract, ContractBroken
from mlspec.runtime.each_output import EachOutput
from mlspec.runtime.estimators import make_estimator
from mlspec.runtime.thresholds import round_thresholds
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np

    from mlspec.runtime.splits import Parts


class Rows(NamedTuple):
    """Rows to learn from: float32 [rows, features], and class indices or values [rows], or several [rows, outputs]."""

    matrix: "np.ndarray"
    target: "np.ndarray"

    @property
    def each(self) -> "list[Rows]":
        """The same rows for each output."""
        return [Rows(self.matrix, target) for target in self.target.T]


def fit_model(settings: TrainingSettings, matrix: "np.ndarray", target: "np.ndarray", *, parts: "Parts") -> Any:
    """The fitted estimator. Early stopping sees the validation rows and no others; without any it is off, unless the
    spec says so. An estimator that cannot be given rows to stop on is fitted on training and validation rows."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        model = _FITS[settings.framework](settings, Rows(matrix, target), parts)
    round_thresholds(model)
    return model


def _fit_sklearn(settings: TrainingSettings, rows: Rows, parts: "Parts") -> Any:
    arguments, watched = dict(settings.arguments), {}
    if "HistGradientBoosting" in settings.estimator:
        arguments.setdefault("early_stopping", bool(len(parts.validation)))
        if len(parts.validation) and arguments["early_stopping"]:
            watched = {"X_val": rows.matrix[parts.validation], "y_val": rows.target[parts.validation]}
    model = _made(settings, arguments)
    fitted = _fitted(settings.contract, rows, parts, stopping=bool(watched))
    if watched and settings.contract.outputs:
        return _fit_stopping(model, fitted, Rows(watched["X_val"], watched["y_val"]))
    return model.fit(*fitted, **watched)


def _fit_stopping(model: Any, fitted: Rows, watched: Rows) -> Any:
    """A MultiOutputRegressor whose estimators each stop on their own output, which its `fit` does not offer."""
    from sklearn.base import clone

    pairs = zip(fitted.each, watched.each, strict=True)
    model.estimators_ = [
        clone(model.estimator).fit(*rows, X_val=watched.matrix, y_val=watched.target) for rows, watched in pairs
    ]
    return model


def _fit_boosting(fit: Callable[..., Any]) -> Callable[[TrainingSettings, Rows, "Parts"], Any]:
    def fitted(settings: TrainingSettings, rows: Rows, parts: "Parts") -> Any:
        rounds = boosting.stopping_rounds(settings, validation=bool(len(parts.validation)))
        arguments = {name: value for name, value in settings.arguments.items() if name not in boosting.STOPPING}
        watched = Rows(rows.matrix[parts.validation], rows.target[parts.validation]) if rounds else None
        taken = _fitted(settings.contract, rows, parts, stopping=bool(rounds))
        if not settings.contract.outputs:
            return fit(_made(settings, arguments), taken, watched, rounds)
        stopping = watched.each if watched else [None] * len(settings.contract.outputs)
        pairs = zip(taken.each, stopping, strict=True)
        return EachOutput([fit(_made(settings, arguments), one, seen, rounds) for one, seen in pairs])

    return fitted


def _fit_torch(settings: TrainingSettings, rows: Rows, parts: "Parts") -> Any:
    from mlspec.runtime.network_training import fit_network

    stopping = bool(len(parts.validation))
    watched = Rows(rows.matrix[parts.validation], rows.target[parts.validation]) if stopping else None
    return fit_network(settings, _fitted(settings.contract, rows, parts, stopping=stopping), watched)


def _made(settings: TrainingSettings, arguments: Mapping[str, Any]) -> Any:
    return make_estimator(
        settings.estimator,
        arguments,
        features=settings.contract.features,
        seed=settings.seed,
        preprocess=settings.preprocess,
        outputs=len(settings.contract.outputs),
    )


def _fitted(contract: Contract, rows: Rows, parts: "Parts", *, stopping: bool) -> Rows:
    """The rows to fit on: those of the validation part too, when nothing is to stop on them."""
    import numpy as np

    chosen = parts.train if stopping else np.sort(np.concatenate([parts.train, parts.validation]))
    _require_classes(rows.target[chosen], contract)
    return Rows(rows.matrix[chosen], rows.target[chosen])


def _require_classes(target: "np.ndarray", contract: Contract) -> None:
    missing = [str(name) for code, name in enumerate(contract.classes) if not (target == code).any()]
    if missing:
        raise ContractBroken(f"no training row has the label {', '.join(missing)}")


_FITS: Mapping[str, Callable[[TrainingSettings, Rows, "Parts"], Any]] = {
    "sklearn": _fit_sklearn,
    "xgboost": _fit_boosting(boosting.fit_xgboost),
    "lightgbm": _fit_boosting(boosting.fit_lightgbm),
    "torch": _fit_torch,
}
