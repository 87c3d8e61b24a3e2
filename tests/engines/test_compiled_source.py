"""Models as plain Python: equal to what was trained and to ONNX Runtime, to the last comparison; or refused."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnxruntime import InferenceSession

from mlspec.compiler.units.inference_compiled import NEVER
from mlspec.runtime import compiled_source as limits
from mlspec.runtime.compiled_source import compiled_source
from mlspec.runtime.estimators import ESTIMATORS
from mlspec.runtime.onnx_operators import CannotCompile
from tests.engines.models import hard_rows, predict_with, trained

LINEAR = [name for name in ESTIMATORS if name.startswith(("sklearn.linear_model", "sklearn.svm.Linear"))]
TREES = [
    "sklearn.ensemble.HistGradientBoosting{}",
    "sklearn.ensemble.GradientBoosting{}",
    "sklearn.ensemble.Bagging{}",
    "sklearn.tree.DecisionTree{}",
    "sklearn.tree.ExtraTree{}",
    "xgboost.XGB{}",
    "xgboost.XGBRF{}",
    "lightgbm.LGBM{}",
]
REFUSED = {
    "sklearn.neural_network.MLPClassifier": "the operator Relu is not known",
    "sklearn.ensemble.ExtraTreesClassifier": "its trees have .* nodes; 40,000 is the most",
}


def cases() -> list[tuple[str, str]]:
    """Each estimator with each task that it is for."""
    named = [*LINEAR, *[name.format(kind) for name in TREES for kind in ("Classifier", "Regressor")]]
    both = [(name, task) for name in named for task in ("binary", "multiclass", "regression")]
    told = [(name, task) for name, task in both if (task != "regression") == ESTIMATORS[name].classifier]
    return [case for case in told if case != ("sklearn.linear_model.SGDClassifier", "multiclass")]


@pytest.mark.parametrize(("target", "task"), cases())
def test_ten_thousand_rows_and_edges_are_answered_as_the_trained_model_does(target: str, task: str) -> None:
    model, rows = trained(target, task), hard_rows(task)
    if target in LINEAR:
        rows = rows[np.abs(np.nan_to_num(rows)).max(axis=1) < 1e6]  # float32's last digit of 3e38 is 2e31

    answers = predict_with(compiled_source(model.onnx, several=model.several), rows)

    expected = model.expected(rows)
    assert answers.shape == expected.shape
    unit = 1.0 if model.contract.classes else np.maximum(1.0, np.abs(expected))
    assert (np.abs(answers - expected) / unit).max() <= 1e-5


@pytest.mark.parametrize("target", REFUSED)
def test_what_cannot_be_compiled_says_why(target: str) -> None:
    with pytest.raises(CannotCompile, match=REFUSED[target]):
        compiled_source(trained(target, "binary").onnx, several=False)


@pytest.mark.parametrize("target", sorted(NEVER))
def test_estimators_refused_by_name_cannot_be_compiled(target: str) -> None:
    task = "binary" if ESTIMATORS[target].classifier else "regression"
    with pytest.raises(CannotCompile, match="is not known"):
        compiled_source(trained(target, task).onnx, several=False)


def test_every_estimator_is_compiled_here_or_refused_by_name() -> None:
    forests = {"sklearn.ensemble.RandomForest", "sklearn.ensemble.ExtraTrees"}
    compiled = {target for target, _ in cases()}
    rest = {name for name in ESTIMATORS if not name.startswith(tuple(forests))}
    assert rest == compiled | NEVER


def test_the_same_model_gives_the_same_bytes() -> None:
    model = trained("sklearn.ensemble.HistGradientBoostingClassifier", "multiclass")

    assert compiled_source(model.onnx, several=True) == compiled_source(model.onnx, several=True)


@pytest.mark.parametrize(("limit", "value", "reason"), [("MOST_NODES", 60, "nodes"), ("MOST_SOURCE", 900, "charact")])
def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str) -> None:
    model = trained("sklearn.tree.DecisionTreeClassifier", "binary")
    monkeypatch.setattr(limits, limit, value)

    with pytest.raises(CannotCompile, match=f"{reason}.* is the most"):
        compiled_source(model.onnx, several=False)


def test_a_category_costs_one_look_however_many_there_are() -> None:
    source = compiled_source(trained("sklearn.linear_model.Ridge", "regression").onnx, several=False)

    assert source.count("_t1(x5, 0.0)") == 1
    assert "== 3" not in source


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
NUMBERS = [-np.inf, -2.5, 0.0, 0.1, 0.3, 1.0, 16777216.0, 3e38, np.nan]
NODES = st.tuples(
    st.sampled_from(MODES), st.integers(0, 2), st.sampled_from(NUMBERS[1:-1]), st.booleans(), st.floats(-9, 9, width=32)
)


def forest(trees: Sequence[Sequence[Any]], *, fill: list[float] | None) -> bytes:
    """Trees that go one level deeper at each no, as an ONNX model; `fill`: what an imputer puts where NaN is."""
    columns: dict[str, list[Any]] = {name: [] for name in ("treeids", "nodeids", "modes", "featureids", "values",
                                     "truenodeids", "falsenodeids", "missing_value_tracks_true")}  # fmt: skip
    targets: dict[str, list[Any]] = {"treeids": [], "nodeids": [], "ids": [], "weights": []}

    def node(tree: int, name: int, rest: tuple[Any, ...]) -> None:
        for column, value in zip(columns.values(), (tree, name, *rest), strict=True):
            column.append(value)

    def leaf(tree: int, name: int, weight: float) -> None:
        node(tree, name, ("LEAF", 0, 0.0, 0, 0, 0))
        for column, value in zip(targets.values(), (tree, name, 0, weight), strict=True):
            column.append(value)

    for tree, splits in enumerate(trees):
        for at, (mode, feature, threshold, missing, weight) in enumerate(splits):
            node(tree, 2 * at, (mode, feature, threshold, 2 * at + 1, 2 * at + 2, int(missing)))
            leaf(tree, 2 * at + 1, weight)
        leaf(tree, 2 * len(splits), 0.5)
    told: dict[str, Any] = {f"nodes_{name}": values for name, values in columns.items()}
    told |= {f"target_{name}": values for name, values in targets.items()}
    source = "X" if fill is None else "filled"
    made = [helper.make_node("TreeEnsembleRegressor", [source], ["value"], domain="ai.onnx.ml", n_targets=1, **told)]
    if fill is not None:
        filler: dict[str, Any] = {"imputed_value_floats": fill, "replaced_value_float": float("nan")}
        made.insert(0, helper.make_node("Imputer", ["X"], ["filled"], domain="ai.onnx.ml", **filler))
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, w]) for n, w in (("X", 3), ("value", 1))]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(helper.make_graph(made, "g", ends[:1], ends[1:]), opset_imports=opsets, ir_version=8)
    return bytes(model.SerializeToString())


@settings(max_examples=150, deadline=None)
@given(
    trees=st.lists(st.lists(NODES, min_size=1, max_size=6), min_size=1, max_size=3),
    fill=st.none() | st.lists(st.sampled_from(NUMBERS[1:-1]), min_size=3, max_size=3),
)
def test_every_comparison_and_every_way_of_nan_is_onnx_runtime_s(trees: list[list[Any]], fill: Any) -> None:
    model = forest(trees, fill=fill)
    near = [np.nextafter(np.float32(x), np.float32(way)) for x in NUMBERS[1:-1] for way in (-9e9, 9e9)]
    values = np.array([*NUMBERS, *near], np.float32)
    rows = np.stack(np.meshgrid(values, values[:4], values[-5:]), axis=-1).reshape(-1, 3)
    rows = np.concatenate([rows, rows[:, ::-1], np.full((1, 3), np.nan, np.float32)])
    expected = InferenceSession(model).run(None, {"X": rows})[0][:, 0]

    answers = predict_with(compiled_source(model, several=False), rows)

    assert np.abs(answers - expected).max() <= 1e-5


def test_trees_that_ask_the_same_are_written_as_one() -> None:
    """Stumps on one feature: as many questions as there are thresholds, however many trees there are."""
    stump, other = [("BRANCH_LEQ", 0, 1.5, False, 2.0)], [("BRANCH_LEQ", 0, 2.5, False, 5.0)]
    source = compiled_source(forest([stump, other, stump, stump], fill=None), several=False)
    assert source.count("if ") == 2
    rows = np.array([[1, 0, 0], [2, 0, 0], [3, 0, 0]], np.float32)
    assert predict_with(source, rows).tolist() == [11.0, 6.5, 2.0]


def test_a_tree_too_deep_for_python_is_refused() -> None:
    splits = [("BRANCH_LEQ", 0, float(at), False, float(at)) for at in range(95)]

    with pytest.raises(CannotCompile, match="deeper than 90 levels"):
        compiled_source(forest([splits], fill=None), several=False)
    assert compile(compiled_source(forest([splits[:90]], fill=None), several=False), "m", "exec")


def test_trees_of_what_was_scaled_are_refused() -> None:
    """Scaled in float64 and compared, a value could fall on the other side of where float32 falls."""
    model = onnx.load_from_string(forest([[("BRANCH_LEQ", 0, 0.1, False, 1.0)]], fill=[0.0, 0.0, 0.0]))
    scaler = helper.make_node("Scaler", ["X"], ["filled"], domain="ai.onnx.ml", offset=[0.1] * 3, scale=[3.0] * 3)
    model.graph.node[0].CopyFrom(scaler)

    with pytest.raises(CannotCompile, match="not in float32"):
        compiled_source(model.SerializeToString(), several=False)


def _changed(name: str, value: Any) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        kept = [attribute for attribute in node.attribute if attribute.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_changed("aggregate_function", "MIN"), "aggregated by MIN"),
        (_changed("post_transform", "PROBIT"), "PROBIT is not known"),
        (_changed("nodes_modes", ["BRANCH_MEMBER", "LEAF", "LEAF"]), "compare by BRANCH_MEMBER"),
        (_changed("target_weights", [float("inf"), 1.0]), "not finite"),
        (_changed("nodes_values", [float("nan"), 0.0, 0.0]), "no number"),
    ],
)
def test_trees_of_an_unknown_kind_are_refused(change: Any, reason: str) -> None:
    model = onnx.load_from_string(forest([[("BRANCH_LEQ", 0, 0.1, False, 1.0)]], fill=None))
    change(model.graph.node[0])

    with pytest.raises(CannotCompile, match=reason):
        compiled_source(model.SerializeToString(), several=False)


def test_extreme_scores_do_not_overflow() -> None:
    weights = [[("BRANCH_LEQ", 0, 0.0, False, weight)] for weight in (-1e6, 1e6)]
    for model, expected in zip((forest([w], fill=None) for w in weights), (0.0, 1.0), strict=True):
        graph = onnx.load_from_string(model)
        graph.graph.node[0].output[0] = "sum"
        graph.graph.node.append(helper.make_node("Sigmoid", ["sum"], ["value"]))
        answers = predict_with(
            compiled_source(graph.SerializeToString(), several=False), np.full((1, 3), -1, np.float32)
        )
        assert answers.tolist() == [expected]


def test_the_module_needs_nothing_but_python() -> None:
    source = compiled_source(trained("xgboost.XGBClassifier", "binary").onnx, several=False)
    imported = [line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))]

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
