"""What is served answers as the training framework does: on 10,000 random rows and on 10,000 at the edges."""

import importlib.util
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from mlspec.runtime.compiled_source import compiled_source
from mlspec.runtime.export import TOLERANCE, export_model
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_settings import Fit
from tests.parity.tables import PARTS, contract, difference, edge_rows, settings, table

Steps = Mapping[str, tuple[Mapping[str, Any], ...]]
USUAL: Steps = {}
ORDINAL: Steps = {
    "numbers": ({"_target_": "sklearn.preprocessing.MinMaxScaler"},),
    "categories": ({"_target_": "sklearn.preprocessing.OrdinalEncoder"},),
}
IMPUTED: Steps = {
    "numbers": (
        {"_target_": "sklearn.impute.SimpleImputer", "strategy": "mean"},
        {"_target_": "sklearn.preprocessing.RobustScaler"},
    ),
    "categories": (
        {"_target_": "sklearn.impute.SimpleImputer", "strategy": "most_frequent"},
        {"_target_": "sklearn.preprocessing.OneHotEncoder", "drop": "first"},
    ),
}
FILLED: Steps = {
    "numbers": ({"_target_": "sklearn.impute.SimpleImputer", "strategy": "mean"},),
    "categories": IMPUTED["categories"],
}
RANKED: Steps = {"categories": ORDINAL["categories"]}
CURVED: Steps = {
    "numbers": (
        {"_target_": "sklearn.preprocessing.MaxAbsScaler"},
        {"_target_": "sklearn.preprocessing.PolynomialFeatures", "degree": 2},
    )
}
CLASSES, VALUE, VALUES = ("binary", "multiclass"), ("regression",), ("regression", "several")
EVERY = (*CLASSES, *VALUES)
MODELS: tuple[tuple[str, Mapping[str, Any], tuple[str, ...], Steps], ...] = (
    ("sklearn.linear_model.LogisticRegression", {"C": 0.5}, CLASSES, USUAL),
    ("sklearn.linear_model.LogisticRegression", {}, CLASSES, ORDINAL),
    ("sklearn.linear_model.LogisticRegression", {}, CLASSES, IMPUTED),
    ("sklearn.linear_model.Ridge", {}, VALUES, USUAL),
    ("sklearn.linear_model.Ridge", {}, VALUE, IMPUTED),
    ("sklearn.linear_model.Ridge", {}, VALUE, CURVED),
    ("sklearn.linear_model.PoissonRegressor", {}, VALUES, IMPUTED),
    ("sklearn.tree.DecisionTreeClassifier", {"max_depth": 8}, CLASSES, USUAL),
    ("sklearn.tree.DecisionTreeRegressor", {"max_depth": 8}, VALUE, RANKED),
    ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 20, "max_depth": 8}, CLASSES, USUAL),
    ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 10, "max_depth": 8}, CLASSES, FILLED),
    ("sklearn.ensemble.RandomForestRegressor", {"n_estimators": 20, "max_depth": 8}, VALUES, FILLED),
    ("sklearn.ensemble.GradientBoostingClassifier", {"n_estimators": 30}, CLASSES, FILLED),
    ("sklearn.ensemble.GradientBoostingRegressor", {"n_estimators": 30}, VALUES, USUAL),
    ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 60}, CLASSES, USUAL),
    ("sklearn.ensemble.HistGradientBoostingRegressor", {"max_iter": 60}, VALUES, USUAL),
    ("xgboost.XGBClassifier", {"n_estimators": 60}, CLASSES, USUAL),
    ("xgboost.XGBClassifier", {"n_estimators": 20, "booster": "dart"}, CLASSES, USUAL),
    ("xgboost.XGBRFClassifier", {"n_estimators": 20}, CLASSES, USUAL),
    ("xgboost.XGBRegressor", {"n_estimators": 300, "early_stopping_rounds": None}, VALUE, USUAL),
    ("xgboost.XGBRegressor", {"n_estimators": 200, "objective": "reg:gamma"}, VALUE, USUAL),
    ("xgboost.XGBRegressor", {"n_estimators": 60, "objective": "reg:absoluteerror"}, VALUES, USUAL),
    ("lightgbm.LGBMClassifier", {"n_estimators": 60}, CLASSES, USUAL),
    ("lightgbm.LGBMClassifier", {"n_estimators": 20, "boosting": "dart"}, CLASSES, USUAL),
    ("lightgbm.LGBMClassifier", {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, CLASSES, USUAL),
    ("lightgbm.LGBMRegressor", {"n_estimators": 300, "max_bin": 1000, "min_child_samples": 2}, VALUE, USUAL),
    ("lightgbm.LGBMRegressor", {"n_estimators": 60, "objective": "tweedie"}, VALUES, USUAL),
    ("lightgbm.LGBMRegressor", {"n_estimators": 60, "objective": "mape"}, VALUE, USUAL),
    ("mlspec.runtime.networks.TabularMLP", {"hidden": [32]}, EVERY, USUAL),
)
CASES = [(target, arguments, steps, task) for target, arguments, tasks, steps in MODELS for task in tasks]
NAMES = [f"{number}-{case[0].rpartition('.')[2]}-{case[-1]}" for number, case in enumerate(CASES)]
SUMMED = ("linear_model", "networks")  # numbers as large as float32 has them overflow in the framework itself


@pytest.mark.parametrize(("target", "arguments", "steps", "task"), CASES, ids=NAMES)
def test_served_as_trained(target: str, arguments: Mapping[str, Any], steps: Steps, task: str) -> None:
    framework = framework_of(target)
    if framework == "torch" and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed: make torch")
    matrix, label = table(task)
    given = settings(
        task, estimator=target, arguments=arguments, framework=framework, preprocess=steps, fit=Fit(epochs=5)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = fit_model(given, matrix, label, parts=PARTS)
        exported = export_model(model, contract(task))
        largest = 1e12 if any(part in target for part in SUMMED) else 3e38
        for rows in (matrix, edge_rows(matrix, largest=largest)):
            expected = np.asarray(model.predict(rows) if task in VALUES else model.predict_proba(rows), float)
            assert len(rows) == 10_000
            assert difference(exported.predict(rows), expected, label, task) <= TOLERANCE
            if framework != "torch":
                assert difference(compiled_answers(exported.onnx, rows, task), expected, label, task) <= TOLERANCE


def compiled_answers(onnx: bytes, rows: np.ndarray, task: str) -> np.ndarray:
    """What the model answers as plain Python."""
    module: dict[str, Any] = {}
    exec(compile(compiled_source(onnx, several=task in ("multiclass", "several")), "compiled_model", "exec"), module)
    return np.array(module["predict"](map(tuple, rows.tolist())))


def framework_of(target: str) -> str:
    package = target.partition(".")[0]
    return "torch" if package == "mlspec" else package
