"""Models as plain Python behind steps that the spec chose: equal to what was trained, to the last comparison."""

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from mlspec.runtime.compiled_source import compiled_source
from mlspec.runtime.export import TOLERANCE, export_model
from mlspec.runtime.train import fit_model
from mlspec.specs.estimators import SCALES, STEPS
from tests.engines.models import predict_with
from tests.parity.tables import PARTS, ROWS, contract, difference, edge_rows, settings, table

Step = Mapping[str, Any]


def step(name: str, **given: Any) -> Step:
    """A step as a spec has it."""
    module = "impute" if name == "SimpleImputer" else "preprocessing"
    return {"_target_": f"sklearn.{module}.{name}", **given}


FILLERS: Mapping[str, list[Step]] = {
    "mean": [step("SimpleImputer", strategy="mean")],
    "median": [step("SimpleImputer", strategy="median")],
    "most": [step("SimpleImputer", strategy="most_frequent")],
    "constant": [step("SimpleImputer", strategy="constant", fill_value=-0.1)],
}
SCALED: Mapping[str, list[Step]] = {
    "standard": [step("StandardScaler")],
    "centred": [step("SimpleImputer", strategy="mean"), step("StandardScaler", with_std=False)],
    "uncentred": [step("StandardScaler", with_mean=False)],
    "largest": [step("MaxAbsScaler")],
    "range": [step("MinMaxScaler", feature_range=(-1, 1))],
    "clipped": [step("MinMaxScaler", clip=True), step("PolynomialFeatures", degree=3, interaction_only=True)],
    "robust": [step("RobustScaler", quantile_range=(10, 90))],
    "quartiles": [step("RobustScaler", with_centering=False), step("MaxAbsScaler")],
    "centres": [step("RobustScaler", with_scaling=False)],
    "curves": [step("StandardScaler"), step("PolynomialFeatures", degree=2)],
    "cubes": [step("PolynomialFeatures", degree=3, include_bias=False), step("StandardScaler")],
}
ENCODED: Mapping[str, list[Step]] = {
    "flags": [step("OneHotEncoder")],
    "fewer": [step("SimpleImputer", strategy="most_frequent"), step("OneHotEncoder", drop="first")],
    "ranks": [step("OrdinalEncoder")],
    "filled ranks": [step("SimpleImputer", strategy="most_frequent"), step("OrdinalEncoder")],
    "codes": [step("SimpleImputer", strategy="most_frequent")],
}
SCALED_CODES: Mapping[str, list[Step]] = {
    "scaled ranks": [step("OrdinalEncoder"), step("StandardScaler")],
    "scaled flags": [step("OneHotEncoder"), step("MaxAbsScaler")],
    "crossed ranks": [step("OrdinalEncoder"), step("PolynomialFeatures", degree=2, interaction_only=True)],
}
TREES = {
    "sklearn.tree.DecisionTree{}": {"max_depth": 8},
    "sklearn.ensemble.GradientBoosting{}": {"n_estimators": 20},
    "sklearn.ensemble.RandomForest{}": {"n_estimators": 5, "max_depth": 7},
}
LINEAR = {"binary": "LogisticRegression", "multiclass": "LogisticRegression", "regression": "Ridge"}
KIND = {"binary": "Classifier", "multiclass": "Classifier", "regression": "Regressor"}
TASKS = tuple(LINEAR)


def before_trees() -> list[tuple[str, str, str, str]]:
    """Every filler with every encoder, on one kind of trees and one task after the other."""
    pairs = [(numbers, categories) for numbers in FILLERS for categories in ENCODED]
    kinds = [(target, task) for target in TREES for task in TASKS]
    return [(*kinds[at % len(kinds)], *pair) for at, pair in enumerate(pairs)]


def before_sums() -> list[tuple[str, str, str, str]]:
    """Every way to scale with one encoder after the other, and the ways to scale what was encoded, for each task."""
    codes = [*ENCODED, *SCALED_CODES]
    pairs = [(numbers, codes[at % len(codes)]) for at, numbers in enumerate([*SCALED, *FILLERS])]
    named = [("sklearn.linear_model", task) for task in TASKS]
    return [(*target, *pair) for target in named for pair in pairs]


@cache
def rows_of(task: str, largest: float) -> tuple[np.ndarray, ...]:
    """10,000 random rows and 10,000 at the edges."""
    matrix, label = table(task)
    return matrix, edge_rows(matrix, largest=largest), label


@pytest.mark.parametrize(("target", "task", "numbers", "categories"), [*before_trees(), *before_sums()])
def test_ten_thousand_rows_and_edges_behind_steps(target: str, task: str, numbers: str, categories: str) -> None:
    linear = target == "sklearn.linear_model"
    name = f"{target}.{LINEAR[task]}" if linear else target.format(KIND[task])
    steps = {
        "numbers": tuple({**FILLERS, **SCALED}[numbers]),
        "categories": tuple({**ENCODED, **SCALED_CODES}[categories]),
    }
    usual, edges, label = rows_of(task, 1e9 if linear else 3e38)
    given = settings(task, estimator=name, arguments=TREES.get(target, {}), preprocess=steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fit that did not converge, and of sums that left float32
        model = fit_model(given, usual, label, parts=PARTS)
        source = compiled_source(export_model(model, contract(task)).onnx, several=task == "multiclass")
        for rows in (usual, edges):
            assert len(rows) == ROWS
            expected = np.asarray(model.predict(rows) if task == "regression" else model.predict_proba(rows), float)
            assert difference(predict_with(source, rows), expected, label, task) <= TOLERANCE


def test_every_step_of_the_language_is_compiled_here() -> None:
    told = [*FILLERS.values(), *SCALED.values(), *ENCODED.values(), *SCALED_CODES.values()]
    found = {(one["_target_"], argument) for steps in told for one in steps for argument in one}
    known = {**STEPS["numbers"], **STEPS["categories"]}
    assert found == {(name, argument) for name in known for argument in ("_target_", *known[name].split())}


def test_no_tree_sees_what_was_scaled() -> None:
    """The compiler refuses it: a scaled number is rounded once more, and may fall on the other side."""
    assert not {one["_target_"] for steps in [*FILLERS.values(), *ENCODED.values()] for one in steps} & set(SCALES)
