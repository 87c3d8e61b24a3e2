"""The estimators a spec may name, and how each is fed; turns a name and its arguments into an estimator."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from mlspec.runtime.contract import Column
from mlspec.runtime.preparation import preparation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Preparation = Literal["none", "impute", "encode"]


@dataclass(frozen=True, slots=True)
class Kind:
    """How an estimator is fed: `none` takes the matrix as it is, NaN and category codes included; `impute` has NaN
    filled in; `encode` also has categories as one column each, and the rest scaled. The spec's arguments come before
    `defaults`. `several`: one model learns several labels; of any other there is one for each label."""

    preparation: Preparation
    classifier: bool
    defaults: "Mapping[str, Any]" = field(default_factory=dict)
    several: bool = False


def _classifier(preparation: Preparation, **defaults: Any) -> Kind:
    return Kind(preparation, True, defaults)


def _regressor(preparation: Preparation, **defaults: Any) -> Kind:
    return Kind(preparation, False, defaults)


def _several(preparation: Preparation) -> Kind:
    return Kind(preparation, classifier=False, several=True)


# Those whose ONNX answers agree to 1e-5 on every row. Neighbours do not: of two equally far each side takes its own.
ESTIMATORS: dict[str, Kind] = {
    "sklearn.ensemble.HistGradientBoostingClassifier": _classifier("none"),
    "sklearn.ensemble.HistGradientBoostingRegressor": _regressor("none"),
    "sklearn.ensemble.GradientBoostingClassifier": _classifier("impute"),
    "sklearn.ensemble.GradientBoostingRegressor": _regressor("impute"),
    "sklearn.ensemble.RandomForestClassifier": _classifier("impute"),
    "sklearn.ensemble.RandomForestRegressor": _several("impute"),
    "sklearn.ensemble.ExtraTreesClassifier": _classifier("impute"),
    "sklearn.ensemble.ExtraTreesRegressor": _several("impute"),
    "sklearn.tree.DecisionTreeClassifier": _classifier("impute"),
    "sklearn.tree.DecisionTreeRegressor": _several("impute"),
    "sklearn.linear_model.LogisticRegression": _classifier("encode", max_iter=1000),
    "sklearn.linear_model.SGDClassifier": _classifier("encode", loss="log_loss"),
    "sklearn.linear_model.LogisticRegressionCV": _classifier("encode", max_iter=1000),
    "sklearn.linear_model.LinearRegression": _several("encode"),
    "sklearn.linear_model.ARDRegression": _regressor("encode"),
    "sklearn.linear_model.ElasticNetCV": _regressor("encode"),
    "sklearn.linear_model.Lars": _several("encode"),
    "sklearn.linear_model.LassoCV": _regressor("encode"),
    "sklearn.linear_model.QuantileRegressor": _regressor("encode"),
    "sklearn.linear_model.RidgeCV": _several("encode"),
    "sklearn.ensemble.AdaBoostClassifier": _classifier("impute"),
    "sklearn.ensemble.AdaBoostRegressor": _regressor("impute"),
    "sklearn.ensemble.BaggingClassifier": _classifier("impute"),
    "sklearn.ensemble.BaggingRegressor": _regressor("impute"),
    "sklearn.tree.ExtraTreeClassifier": _classifier("impute"),
    "sklearn.tree.ExtraTreeRegressor": _several("impute"),
    "sklearn.naive_bayes.BernoulliNB": _classifier("encode"),
    "sklearn.svm.NuSVR": _regressor("encode"),
    "sklearn.linear_model.Ridge": _several("encode"),
    "sklearn.linear_model.Lasso": _several("encode"),
    "sklearn.linear_model.ElasticNet": _several("encode"),
    "sklearn.linear_model.BayesianRidge": _regressor("encode"),
    "sklearn.linear_model.HuberRegressor": _regressor("encode", max_iter=1000),
    "sklearn.linear_model.PoissonRegressor": _regressor("encode", max_iter=1000),
    "sklearn.linear_model.GammaRegressor": _regressor("encode", max_iter=1000),
    "sklearn.linear_model.TweedieRegressor": _regressor("encode", max_iter=1000),
    "sklearn.linear_model.SGDRegressor": _regressor("encode"),
    "sklearn.svm.SVC": _classifier("encode", probability=True),
    "sklearn.svm.SVR": _regressor("encode"),
    "sklearn.svm.LinearSVR": _regressor("encode"),
    "sklearn.neural_network.MLPClassifier": _classifier("encode"),
    "sklearn.neural_network.MLPRegressor": _regressor("encode"),
    "sklearn.naive_bayes.GaussianNB": _classifier("encode"),
    # One thread: the order of additions would otherwise depend on the machine.
    "xgboost.XGBClassifier": _classifier("none", n_jobs=1, verbosity=0),
    "xgboost.XGBRegressor": _regressor("none", n_jobs=1, verbosity=0),
    "xgboost.XGBRFClassifier": _classifier("none", n_jobs=1, verbosity=0),
    "xgboost.XGBRFRegressor": _regressor("none", n_jobs=1, verbosity=0),
    "lightgbm.LGBMClassifier": _classifier("none", n_jobs=1, verbose=-1, deterministic=True, force_row_wise=True),
    "lightgbm.LGBMRegressor": _regressor("none", n_jobs=1, verbose=-1, deterministic=True, force_row_wise=True),
}


def make_estimator(
    target: str,
    arguments: "Mapping[str, Any]",
    *,
    features: "Sequence[Column]",
    seed: int,
    preprocess: "Mapping[str, Sequence[Mapping[str, Any]]] | None" = None,
    outputs: int = 0,
) -> Any:
    """An estimator that takes the feature matrix; what it needs done to that is inside, and is exported with it.
    `preprocess` holds the steps for `numbers` and for `categories` that stand in for the usual ones. Of several
    `outputs` an estimator of scikit-learn that learns one number is made one for each."""
    kind = ESTIMATORS[target]
    module, _, name = target.rpartition(".")
    estimator = getattr(import_module(module), name)()
    seeded = {"random_state": seed} if "random_state" in estimator.get_params() else {}
    estimator.set_params(**{**kind.defaults, **seeded, **arguments})
    if outputs and not kind.several and module.startswith("sklearn."):
        from sklearn.multioutput import MultiOutputRegressor

        estimator = MultiOutputRegressor(estimator)
    if kind.preparation == "none":
        return estimator
    from sklearn.pipeline import make_pipeline

    return make_pipeline(preparation(kind.preparation, features, preprocess or {}), estimator)
