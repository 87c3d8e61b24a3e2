"""`_target_` -> is it an estimator we know, and does it fit the task; a table: nothing is imported or called."""

from collections.abc import Mapping
from types import MappingProxyType

from mlspec.specs.nearest import nearest

_CLASSIFIERS = {
    "sklearn.discriminant_analysis": ["LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"],
    "sklearn.dummy": ["DummyClassifier"],
    "sklearn.ensemble": [
        "AdaBoostClassifier",
        "BaggingClassifier",
        "ExtraTreesClassifier",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "RandomForestClassifier",
    ],
    "sklearn.linear_model": ["LogisticRegression", "LogisticRegressionCV", "SGDClassifier"],
    "sklearn.naive_bayes": ["BernoulliNB", "ComplementNB", "GaussianNB", "MultinomialNB"],
    "sklearn.neighbors": ["KNeighborsClassifier"],
    "sklearn.neural_network": ["MLPClassifier"],
    "sklearn.svm": ["SVC"],
    "sklearn.tree": ["DecisionTreeClassifier", "ExtraTreeClassifier"],
}
_REGRESSORS = {
    "sklearn.dummy": ["DummyRegressor"],
    "sklearn.ensemble": [
        "AdaBoostRegressor",
        "BaggingRegressor",
        "ExtraTreesRegressor",
        "GradientBoostingRegressor",
        "HistGradientBoostingRegressor",
        "RandomForestRegressor",
    ],
    "sklearn.linear_model": [
        "ARDRegression",
        "BayesianRidge",
        "ElasticNet",
        "ElasticNetCV",
        "GammaRegressor",
        "HuberRegressor",
        "Lars",
        "Lasso",
        "LassoCV",
        "LinearRegression",
        "PoissonRegressor",
        "QuantileRegressor",
        "Ridge",
        "RidgeCV",
        "SGDRegressor",
        "TweedieRegressor",
    ],
    "sklearn.neighbors": ["KNeighborsRegressor"],
    "sklearn.neural_network": ["MLPRegressor"],
    "sklearn.svm": ["LinearSVR", "NuSVR", "SVR"],
    "sklearn.tree": ["DecisionTreeRegressor", "ExtraTreeRegressor"],
}
ESTIMATORS: Mapping[str, str] = MappingProxyType(
    {f"{module}.{name}": "classifier" for module, names in _CLASSIFIERS.items() for name in names}
    | {f"{module}.{name}": "regressor" for module, names in _REGRESSORS.items() for name in names}
)


def estimator_problem(target: str, task: str | None) -> tuple[str, str] | None:
    """Message and hint, or None when `target` is known and learns what the task asks for."""
    kind = ESTIMATORS.get(target)
    if kind is None:
        close = _by_class(target) or nearest(target, ESTIMATORS)
        hint = f"did you mean '{close}'?" if close else "an estimator is named by its full path in scikit-learn"
        return f"'{target[:100]}' is not an estimator we know", hint
    if task is None or kind == ("regressor" if task == "regression" else "classifier"):
        return None
    needed = "regressor" if task == "regression" else "classifier"
    other = _counterpart(target, needed)
    hint = f"did you mean '{other}'?" if other else f"choose a {needed}"
    return f"'{target}' is a {kind}; a {task} label needs a {needed}", hint


def _by_class(target: str) -> str:
    """The known estimator of that class in another module, or with a class spelt nearly so."""
    classes = {name.rpartition(".")[2]: name for name in ESTIMATORS}
    name = target.rpartition(".")[2]
    return classes.get(name) or classes.get(nearest(name, classes), "")


def _counterpart(target: str, needed: str) -> str:
    swapped = (
        target.replace("Classifier", "Regressor")
        if needed == "regressor"
        else target.replace("Regressor", "Classifier")
    )
    return swapped if ESTIMATORS.get(swapped) == needed else ""
