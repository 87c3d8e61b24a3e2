"""Every estimator a spec may name trains, answers the same in ONNX, edges included, and gives the same bytes twice."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.estimators import ESTIMATORS
from mlspec.runtime.export import TOLERANCE, ParityBroken, check_parity, edge_rows, export_model
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.splits import Parts
from mlspec.runtime.thresholds import round_down
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_settings import TrainingSettings
from mlspec.specs.estimators import ESTIMATORS as KNOWN
from mlspec.specs.estimators import framework_of
from tests.training.tables import COLUMNS, CONTRACT, SETTINGS, orders, regression, several

QUICK = {"GradientBoosting": {"n_estimators": 10}, "HistGradientBoosting": {"max_iter": 20}, "MLP": {"max_iter": 30}}
TRAIN = 600
TABLE = orders(1200).with_columns(
    cost=20 + 3 * orders(1200)["count"] + orders(1200)["late"].cast(float),
    grams=5000 + 100 * orders(1200)["count"] - 900 * orders(1200)["late"].cast(int),
)
MULTI = Contract((*COLUMNS[1:5], replace(COLUMNS[5], role="label")))
CLASSIFIERS = [name for name, kind in ESTIMATORS.items() if kind.classifier]
REGRESSORS = [name for name, kind in ESTIMATORS.items() if not kind.classifier]


def settings_for(name: str, contract: Contract) -> TrainingSettings:
    short = name.rpartition(".")[2]
    arguments = next((a for prefix, a in QUICK.items() if short.startswith(prefix)), {})
    if "Forest" in name or "ExtraTrees" in name:
        arguments = {"n_estimators": 10}
    framework = framework_of(name)
    if framework in ("xgboost", "lightgbm"):
        arguments = {"n_estimators": 20}
    return replace(SETTINGS, estimator=name, arguments=arguments, contract=contract, framework=framework)


def learn(name: str, contract: Contract) -> tuple[Any, OnnxModel, np.ndarray, np.ndarray]:
    matrix, target = feature_matrix(TABLE, contract.features), target_vector(TABLE, contract)
    none = np.arange(0)
    parts = Parts(np.arange(TRAIN), none, np.arange(TRAIN, TABLE.height))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = fit_model(settings_for(name, contract), matrix, target, parts=parts)
        exported = export_model(model, contract)
    return model, exported, matrix[TRAIN:], np.std(target, axis=0)


CASES = [
    *((name, CONTRACT) for name in CLASSIFIERS),
    *((name, MULTI) for name in CLASSIFIERS),
    *((name, regression()) for name in REGRESSORS),
    *((name, several()) for name in REGRESSORS),
]
NAMES = [f"{name.rpartition('.')[2]}-{'several' if c.outputs else c.task}" for name, c in CASES]


@pytest.mark.parametrize(("name", "contract"), CASES, ids=NAMES)
def test_onnx_answers_as_the_estimator_does(name: str, contract: Contract) -> None:
    model, exported, rows, scale = learn(name, contract)
    parity = check_parity(model, exported, rows, contract=contract, scale=scale)
    assert parity.rows > 2 * len(rows)
    assert parity.max_difference <= TOLERANCE
    name_of_output = "probabilities" if contract.classes else "values" if contract.outputs else "value"
    width = len(contract.classes) or len(contract.outputs) or 1
    (output,) = exported.session.get_outputs()
    assert (output.name, output.shape[1]) == (name_of_output, width)
    assert learn(name, contract)[1].onnx == exported.onnx


def test_what_the_language_lets_through_can_be_trained() -> None:
    assert set(ESTIMATORS) <= set(KNOWN)
    assert all(KNOWN[name] == ("classifier" if kind.classifier else "regressor") for name, kind in ESTIMATORS.items())


def test_a_model_that_answers_differently_is_found() -> None:
    model, _, rows, scale = learn("sklearn.linear_model.Ridge", regression())
    _, other, _, _ = learn("sklearn.linear_model.Lasso", regression())
    with pytest.raises(ParityBroken, match="differs from the estimator"):
        check_parity(model, other, rows, contract=regression(), scale=scale)


def test_edges_hold_nulls_and_the_contract_s_ends() -> None:
    rows = feature_matrix(TABLE, CONTRACT.features)[:5]
    edges = edge_rows(rows, CONTRACT)
    assert np.isnan(edges).all(axis=1).any()
    assert (edges == np.array([-10, 0, rows[:, 2].min(), 0], np.float32)).all(axis=1).any()
    assert (edges == np.array([10, 9, rows[:, 2].max(), 2], np.float32)).all(axis=1).any()


def test_thresholds_round_down_so_that_every_float32_goes_the_same_way() -> None:
    random = np.random.default_rng(1)
    low = random.normal(0, 100, 5000).astype(np.float32)
    high = np.nextafter(low, np.float32(np.inf))
    thresholds = (low.astype(np.float64) + high) / 2
    rounded = round_down(thresholds)
    assert (rounded == rounded.astype(np.float32)).all()
    for value in (low, high):
        assert ((value <= thresholds) == (value <= rounded)).all()
    assert (thresholds.astype(np.float32) == high).any(), "rounding to nearest would have sent some the other way"


def test_boosted_trees_agree_on_100_000_rows_with_neighbouring_float32_values() -> None:
    random = np.random.default_rng(2)
    base = random.normal(0, 1, 200).astype(np.float32)
    near = np.concatenate([base, np.nextafter(base, np.float32(9)), np.nextafter(base, np.float32(-9))])
    contract = Contract((Column("a", "float", nulls=1.0), Column("b", "float"), Column("y", "bool", "label")))
    matrix = random.choice(near, (105_000, 2))
    matrix[random.random(105_000) < 0.02, 0] = np.nan
    target = (np.nan_to_num(matrix[:, 0]) + matrix[:, 1] + random.normal(0, 0.01, 105_000) > 0).astype(int)
    parts = Parts(np.arange(5000), np.arange(0), np.arange(5000, 105_000))
    model = fit_model(replace(SETTINGS, contract=contract, arguments={"max_iter": 60}), matrix, target, parts=parts)
    parity = check_parity(model, export_model(model, contract), matrix[5000:], contract=contract, scale=1.0)
    assert parity.rows > 100_000
    assert parity.max_difference <= TOLERANCE


def test_early_stopping_sees_validation_rows_only() -> None:
    matrix, target = feature_matrix(TABLE, CONTRACT.features), target_vector(TABLE, CONTRACT)
    parts = Parts(np.arange(800), np.arange(800, 1000), np.arange(1000, 1200))
    settings = replace(SETTINGS, arguments={"max_iter": 500})
    stopped = fit_model(settings, matrix, target, parts=parts)
    assert stopped.n_iter_ < 500
    changed = target.copy()
    changed[1000:] = 1 - changed[1000:]
    assert fit_model(settings, matrix, changed, parts=parts).n_iter_ == stopped.n_iter_
    changed[800:1000] = 1 - changed[800:1000]
    assert fit_model(settings, matrix, changed, parts=parts).n_iter_ < stopped.n_iter_
    whole = fit_model(settings, matrix, target, parts=replace(parts, validation=np.arange(0)))
    assert whole.n_iter_ == 500


def test_an_estimator_without_early_stopping_learns_from_validation_rows_too() -> None:
    contract = regression()
    settings = settings_for("sklearn.linear_model.LinearRegression", contract)
    matrix, target = feature_matrix(TABLE, contract.features), target_vector(TABLE, contract)
    apart = Parts(np.arange(400), np.arange(400, 600), np.arange(600, 1200))
    whole = Parts(np.arange(600), np.arange(0), np.arange(600, 1200))
    one, other = (fit_model(settings, matrix, target, parts=p) for p in (apart, whole))
    assert np.array_equal(one.predict(matrix), other.predict(matrix))
