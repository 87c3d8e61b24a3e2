"""Trees of two classes are exported as one sum, which answers as the converter's model does."""

from unittest.mock import patch

import numpy as np
import onnx
import pytest
from onnxruntime import InferenceSession

from mlspec.runtime import export
from mlspec.runtime.one_score import with_one_score
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.tree_ensemble import Ensemble, Node, Tree, ensemble_model
from tests.engines.models import contract, matrix, trained

TWO = [
    "sklearn.ensemble.GradientBoostingClassifier",
    "sklearn.ensemble.HistGradientBoostingClassifier",
    "sklearn.ensemble.RandomForestClassifier",
    "sklearn.ensemble.BaggingClassifier",
    "sklearn.tree.DecisionTreeClassifier",
    "xgboost.XGBClassifier",
    "lightgbm.LGBMClassifier",
]


def operators(model: bytes) -> set[str]:
    return {node.op_type for node in onnx.load_from_string(model).graph.node}


def as_converted(estimator: object, task: str) -> OnnxModel:
    with patch.object(export, "with_one_score", lambda graph: None):
        return export.export_model(estimator, contract(task))


@pytest.mark.parametrize("name", TWO)
def test_two_classes_are_one_sum_and_answer_alike(name: str) -> None:
    model = trained(name, "binary")
    rows = matrix(2000, seed=7)
    before = as_converted(model.estimator, "binary")
    now = OnnxModel(model.onnx, before.features, before.classes)
    assert "TreeEnsembleClassifier" in operators(before.onnx)
    assert "TreeEnsembleClassifier" not in operators(now.onnx)
    np.testing.assert_allclose(now.predict(rows), before.predict(rows), atol=5e-7)
    np.testing.assert_allclose(now.predict(rows).sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("name", ["sklearn.ensemble.HistGradientBoostingClassifier", "xgboost.XGBClassifier"])
def test_more_classes_stay_as_they_are(name: str) -> None:
    model = trained(name, "multiclass")
    assert model.onnx == as_converted(model.estimator, "multiclass").onnx


def test_scores_that_are_never_negative_are_no_probabilities_yet() -> None:
    """ONNX Runtime's operator of two classes takes such sums for probabilities, whatever is told of them."""
    tree = Tree(0, (Node(0.0, 4.0, feature=0, yes=1, no=2), Node(0.25, 2.0), Node(2.0, 2.0)))
    made = ensemble_model(Ensemble((tree,), "BRANCH_LT", (0.5,), "sigmoid"), width=1, classes=2)
    with_one_score(made.graph)
    rows = np.array([[-1.0], [1.0]], np.float32)
    answers = InferenceSession(made.SerializeToString()).run(["probabilities"], {"X": rows})[0]
    likely = 1 / (1 + np.exp(-np.array([0.75, 2.5])))
    np.testing.assert_allclose(answers, np.stack([1 - likely, likely], axis=1), rtol=1e-6)


def test_a_label_that_is_read_keeps_its_operator() -> None:
    tree = Tree(0, (Node(0.0, 4.0, feature=0, yes=1, no=2), Node(-0.25, 2.0), Node(2.0, 2.0)))
    made = ensemble_model(Ensemble((tree,), "BRANCH_LT", (0.5,), "sigmoid"), width=1, classes=2)
    made.graph.output.append(onnx.helper.make_tensor_value_info("label", onnx.TensorProto.INT64, [None]))
    with_one_score(made.graph)
    assert [node.op_type for node in made.graph.node] == ["TreeEnsembleClassifier"]
