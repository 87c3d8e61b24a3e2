"""`_target_` -> is it an estimator we know, and does it fit the task; a table: nothing is imported or called."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from mlspec.specs.estimator_arguments import ARGUMENTS
from mlspec.specs.nearest import hint_for, nearest

_CLASSIFIERS = {
    "lightgbm": ["LGBMClassifier"],
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
    "xgboost": ["XGBClassifier", "XGBRFClassifier"],
}
_REGRESSORS = {
    "lightgbm": ["LGBMRegressor"],
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
    "xgboost": ["XGBRFRegressor", "XGBRegressor"],
}
ESTIMATORS: Mapping[str, str] = MappingProxyType(
    {f"{module}.{name}": "classifier" for module, names in _CLASSIFIERS.items() for name in names}
    | {f"{module}.{name}": "regressor" for module, names in _REGRESSORS.items() for name in names}
    | {"mlspec.runtime.networks.TabularMLP": "network"}
)

Framework = Literal["sklearn", "xgboost", "lightgbm", "torch"]
FRAMEWORKS: tuple[Framework, ...] = ("sklearn", "xgboost", "lightgbm", "torch")
# What would change how rows are laid out, or has no exact ONNX: all values, or those named.
_REFUSED: Mapping[str, Mapping[str, tuple[object, ...] | None]] = {
    "xgboost": {
        "booster": ("gblinear",),
        "callbacks": None,
        "device": None,
        "enable_categorical": None,
        "feature_types": None,
        "missing": None,
        "multi_strategy": None,
    },
    "lightgbm": {
        **dict.fromkeys(("linear_tree", "linear_trees", "reg_sqrt", "zero_as_missing"), (True,)),
        **dict.fromkeys(("categorical_feature", "cat_feature", "cat_column", "categorical_column"), None),
        **dict.fromkeys(("data", "device", "device_type", "input_model", "init_model"), None),
    },
}

# Those whose answers are known to follow from the trees; LightGBM has other names for its own.
# https://lightgbm.readthedocs.io/en/stable/Parameters.html#objective
_OBJECTIVES: Mapping[str, str] = {
    "xgboost": "binary:logistic reg:logistic multi:softprob count:poisson reg:gamma reg:tweedie reg:squarederror "
    "reg:squaredlogerror reg:pseudohubererror reg:absoluteerror reg:quantileerror",
    "lightgbm": "regression regression_l2 l2 mean_squared_error mse l2_root root_mean_squared_error rmse regression_l1 "
    "l1 mean_absolute_error mae huber fair poisson quantile mape mean_absolute_percentage_error gamma tweedie binary "
    "multiclass softmax multiclassova multiclass_ova ova ovr cross_entropy xentropy",
}

# Steps before a scikit-learn estimator, each with the arguments a spec may give: those that ONNX follows exactly.
SCALES = {
    "sklearn.preprocessing.MaxAbsScaler": "",
    "sklearn.preprocessing.MinMaxScaler": "feature_range clip",
    "sklearn.preprocessing.PolynomialFeatures": "degree interaction_only include_bias",
    "sklearn.preprocessing.RobustScaler": "with_centering with_scaling quantile_range",
    "sklearn.preprocessing.StandardScaler": "with_mean with_std",
}
_ENCODERS = {"sklearn.preprocessing.OneHotEncoder": "drop", "sklearn.preprocessing.OrdinalEncoder": ""}
_IMPUTER = {"sklearn.impute.SimpleImputer": "strategy fill_value"}
STEPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"numbers": {**_IMPUTER, **SCALES}, "categories": {**_IMPUTER, **_ENCODERS, **SCALES}}
)


def step_problem(kind: str, target: object) -> tuple[str, str] | None:
    """Message and hint for a step that `numbers` or `categories` cannot take; else None."""
    if isinstance(target, str) and target in STEPS[kind]:
        return None
    return f"{kind} cannot be prepared by '{str(target)[:100]}'", hint_for(str(target), STEPS[kind], "steps")


def step_argument_problem(kind: str, target: str, name: str) -> tuple[str, str] | None:
    """The same for an argument of a step that can be taken."""
    known = STEPS[kind][target].split()
    if name in known:
        return None
    return f"{target} takes no argument '{name[:100]}' here", hint_for(name, known, "arguments")


def framework_of(target: str) -> Framework:
    """The library that an estimator of the table comes from."""
    package = target.partition(".")[0]
    return package if package in FRAMEWORKS else "torch"


def argument_problem(target: str, name: str, value: object) -> tuple[str, str] | None:
    """Message and hint for an argument that the estimator does not take, or may not be given here; else None."""
    known = ARGUMENTS[target].split()
    if name not in known:
        return f"{target} takes no argument '{name[:100]}'", hint_for(name, known, "arguments")
    if name == "objective" and framework_of(target) in _OBJECTIVES and value is not None:
        allowed = _OBJECTIVES[framework_of(target)].split()
        if value not in allowed:
            return f"the objective '{str(value)[:100]}' has no exact ONNX", hint_for(str(value), allowed, "objectives")
        return None
    refused = _REFUSED.get(framework_of(target), {}).get(name, ())
    if refused is not None and value not in refused:
        return None
    what = name if refused is None else f"{name}: {value}"
    return f"'{what}' cannot be exported exactly, or is decided by the job", f"leave {name} out"


def estimator_problem(target: str, task: str | None) -> tuple[str, str] | None:
    """Message and hint, or None when `target` is known and learns what the task asks for."""
    kind = ESTIMATORS.get(target)
    if kind is None:
        close = _by_class(target) or nearest(target, ESTIMATORS)
        hint = f"did you mean '{close}'?" if close else "an estimator is named by its full path in its library"
        return f"'{target[:100]}' is not an estimator we know", hint
    if task is None or kind == "network" or kind == ("regressor" if task == "regression" else "classifier"):
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
