"""Explanations are Shapley values: those of the libraries, those counted out by hand, and sums that hold."""

import itertools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost

from mlspec.runtime.explain_trees import CannotExplain
from mlspec.runtime.explainer import KINDS
from mlspec.runtime.explanations import explainer_source
from mlspec.runtime.export import export_model
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.shapley import leaf_shares
from mlspec.runtime.train import fit_model
from tests.parity.tables import PARTS, TRAINED, contract, edge_rows, settings, table

ROWS = slice(3000, 3120)
SMALL = {"n_estimators": 15}


def learned(target: str, task: str, arguments: Mapping[str, Any]) -> tuple[Any, OnnxModel, np.ndarray, dict[str, Any]]:
    """A trained model, as ONNX too, all rows, and its explainer.json."""
    matrix, label = table(task)
    framework = target.partition(".")[0]
    given = settings(task, estimator=target, arguments=arguments, framework=framework)
    model = fit_model(given, matrix, label, parts=PARTS)
    exported = export_model(model, contract(task))
    source = explainer_source(
        model, target, exported, contract=contract(task), trained=matrix[:TRAINED], rows=matrix[-300:]
    )
    return model, exported, matrix, json.loads(source)


def explained(document: Mapping[str, Any], rows: np.ndarray) -> np.ndarray:
    """Values [rows, targets, columns]."""
    model = KINDS[document["kind"]](document)
    return np.array([[model.values(row, target) for target in range(len(document["base"]))] for row in rows.tolist()])


@pytest.mark.parametrize(
    ("target", "task", "arguments"),
    [
        ("xgboost.XGBClassifier", "binary", SMALL),
        ("xgboost.XGBClassifier", "multiclass", SMALL),
        ("xgboost.XGBRegressor", "regression", SMALL),
        ("xgboost.XGBRegressor", "regression", {**SMALL, "objective": "reg:gamma"}),
        ("lightgbm.LGBMClassifier", "binary", SMALL),
        ("lightgbm.LGBMClassifier", "multiclass", SMALL),
        ("lightgbm.LGBMRegressor", "regression", SMALL),
    ],
)
def test_values_are_those_that_the_library_gives(target: str, task: str, arguments: Mapping[str, Any]) -> None:
    model, _, matrix, document = learned(target, task, arguments)
    rows = matrix[ROWS]
    if target.startswith("xgboost"):
        best = (0, model.best_iteration + 1)
        judged = model.get_booster().predict(xgboost.DMatrix(rows), pred_contribs=True, iteration_range=best)
    else:
        assert isinstance(model, lightgbm.LGBMModel)
        judged = model.predict(rows, pred_contrib=True)
    judged = np.asarray(judged, float).reshape(len(rows), len(document["base"]), -1)
    scale = max(1.0, float(np.abs(judged).max()))
    assert np.abs(explained(document, rows) - judged[:, :, :-1]).max() / scale < 1e-5
    assert np.abs(judged[:, :, -1] - document["base"]).max() / scale < 1e-5


LINKS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "log-odds": lambda sums: 1 / (1 + np.exp(-sums)) if sums.shape[1] == 1 else softmax(sums),
    "probability": lambda sums: sums,
    "value": lambda sums: sums,
    "logarithm": np.exp,
}


def softmax(sums: np.ndarray) -> np.ndarray:
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("target", "task", "arguments", "space"),
    [
        ("sklearn.linear_model.LogisticRegression", "binary", {}, "log-odds"),
        ("sklearn.linear_model.LogisticRegression", "multiclass", {}, "log-odds"),
        ("sklearn.linear_model.Ridge", "regression", {}, "value"),
        ("sklearn.linear_model.GammaRegressor", "regression", {}, "logarithm"),
        ("sklearn.tree.DecisionTreeClassifier", "binary", {"max_depth": 6}, "probability"),
        ("sklearn.ensemble.RandomForestClassifier", "multiclass", {"n_estimators": 5, "max_depth": 6}, "probability"),
        ("sklearn.ensemble.RandomForestRegressor", "regression", {"n_estimators": 5, "max_depth": 6}, "value"),
        ("sklearn.ensemble.GradientBoostingClassifier", "binary", SMALL, "log-odds"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", "multiclass", {"max_iter": 10}, "log-odds"),
        ("sklearn.ensemble.HistGradientBoostingRegressor", "regression", {"max_iter": 10}, "value"),
        ("xgboost.XGBClassifier", "binary", SMALL, "log-odds"),
        ("lightgbm.LGBMClassifier", "multiclass", SMALL, "log-odds"),
        ("sklearn.linear_model.Ridge", "several", {}, "value"),
        ("sklearn.linear_model.GammaRegressor", "several", {}, "logarithm"),
        ("sklearn.ensemble.RandomForestRegressor", "several", {"n_estimators": 5, "max_depth": 6}, "value"),
        ("sklearn.ensemble.GradientBoostingRegressor", "several", SMALL, "value"),
        ("sklearn.ensemble.HistGradientBoostingRegressor", "several", {"max_iter": 10}, "value"),
        ("xgboost.XGBRegressor", "several", {**SMALL, "objective": "reg:gamma"}, "logarithm"),
        ("lightgbm.LGBMRegressor", "several", SMALL, "value"),
    ],
)
def test_values_add_up_to_the_answer(target: str, task: str, arguments: Mapping[str, Any], space: str) -> None:
    _, exported, matrix, document = learned(target, task, arguments)
    assert document["space"] == space
    rows = np.concatenate([matrix[ROWS], edge_rows(matrix, largest=1e6)[::97]])
    sums = explained(document, rows).sum(axis=2) + document["base"]
    answers = exported.predict(rows).astype(float)
    with np.errstate(over="ignore"):
        told = LINKS[space](sums)
    if task == "several":
        assert np.allclose(told[:120], answers[:120], rtol=1e-4, atol=1e-4 * answers[:120].std(axis=0))
    elif task == "regression":
        finite = np.isfinite(answers) & (answers > 0) if space == "logarithm" else np.isfinite(answers)
        assert np.allclose(told[finite, 0], answers[finite], rtol=1e-4, atol=1e-4 * float(np.std(answers[:120])))
    else:
        assert np.abs(told - (answers[:, 1:] if task == "binary" else answers)).max() < 1e-4


@pytest.mark.parametrize(
    ("target", "task", "arguments"),
    [
        ("sklearn.linear_model.LogisticRegression", "multiclass", {}),
        ("sklearn.tree.DecisionTreeRegressor", "regression", {}),
        ("sklearn.ensemble.RandomForestClassifier", "multiclass", {"n_estimators": 5}),
        ("sklearn.ensemble.HistGradientBoostingClassifier", "multiclass", {"max_iter": 10}),
        ("lightgbm.LGBMClassifier", "multiclass", SMALL),
        ("xgboost.XGBRegressor", "regression", SMALL),
    ],
)
def test_rows_at_once_are_explained_as_each_alone(target: str, task: str, arguments: Mapping[str, Any]) -> None:
    _, _, matrix, document = learned(target, task, arguments)
    rows = np.concatenate([matrix[ROWS], edge_rows(matrix, largest=1e6)[::97]]).tolist()
    model = KINDS[document["kind"]](document)
    targets = [number % len(document["base"]) for number in range(len(rows))]
    alone = np.array([model.values(row, target) for row, target in zip(rows, targets, strict=True)])
    together = np.array(model.all_values(rows, targets))
    assert np.abs(together - alone).max() <= 1e-11 * np.abs(alone).max()


def test_a_test_that_no_training_row_passed_has_no_share() -> None:
    """A leaf behind it is worth nothing to who does not know the column, and all of its weight to who does."""
    document = {"kind": "trees", "base": [0.0], "fill": [None, None],
                "leaves": [([(0, 4.0)], [[0, 1.0, None, False, 0.0], [1, None, 0.0, True, 0.25]])]}  # fmt: skip
    model = KINDS["trees"](document)
    rows = [[2.0, -1.0], [2.0, 1.0], [0.0, -1.0], [math.nan, math.nan]] * 2
    assert model.all_values(rows, [0] * 8)[:4] == pytest.approx(np.array([[2.5, 1.5], [0.5, -0.5], [0, 0], [0, 0]]))
    assert [model.values(row, 0) for row in rows] == pytest.approx(np.array(model.all_values(rows, [0] * 8)))


def test_a_tree_counted_out_by_hand() -> None:
    """Shapley's own formula over all subsets of columns, the tree walked both ways where a column is not among them."""
    model, _, matrix, document = learned("sklearn.tree.DecisionTreeClassifier", "binary", {"max_depth": 4})
    imputer, tree = model.steps[0][1], model.steps[1][1].tree_
    rows = imputer.transform(matrix[ROWS][:5])
    trained = imputer.transform(matrix[:TRAINED])
    cover = np.asarray(tree.decision_path(trained.astype(np.float32)).sum(axis=0)).ravel()

    def worth(row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            return float(tree.value[node][0][1])
        if tree.feature[node] in known:
            return worth(row, known, left if row[tree.feature[node]] <= tree.threshold[node] else right)
        both = cover[left] * worth(row, known, left) + cover[right] * worth(row, known, right)
        return float(both / cover[node])

    for row, values in zip(rows, explained(document, matrix[ROWS][:5])[:, 0], strict=True):
        columns = range(len(row))
        for column in columns:
            others = [other for other in columns if other != column]
            total = 0.0
            for size in range(len(row)):
                order = math.factorial(size) * math.factorial(len(row) - size - 1) / math.factorial(len(row))
                for chosen in itertools.combinations(others, size):
                    known = frozenset(chosen)
                    total += order * (worth(row, known | {column}) - worth(row, known))
            assert values[column] == pytest.approx(total, abs=1e-6)


def test_shares_of_a_leaf_add_up() -> None:
    shares = [0.1, 0.5, 0.9, 1.0, 0.3]
    for mask in range(2 ** len(shares)):
        reached = float(mask == 2 ** len(shares) - 1)
        assert sum(leaf_shares(mask, shares)) == pytest.approx(reached - math.prod(shares), abs=1e-12)


def test_what_is_neither_linear_nor_trees_is_refused() -> None:
    with pytest.raises(CannotExplain, match="0 tree ensembles"):
        learned("sklearn.naive_bayes.GaussianNB", "binary", {})
