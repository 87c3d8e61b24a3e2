"""Turns a fitted LightGBM model into its trees, from the model as LightGBM itself dumps it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlspec.runtime.thresholds import round_down_one
from mlspec.runtime.tree_ensemble import Ensemble, Link, Node, Tree

_LINKS: Mapping[str, Link] = {
    "binary": "sigmoid",
    "cross_entropy": "sigmoid",
    "multiclass": "softmax",
    "multiclassova": "sigmoid",
    "poisson": "exp",
    "gamma": "exp",
    "tweedie": "exp",
    "regression": "identity",
    "regression_l1": "identity",
    "huber": "identity",
    "fair": "identity",
    "quantile": "identity",
    "mape": "identity",
}


def lightgbm_ensemble(model: Any) -> Ensemble:
    """The trees up to the best iteration, x <= value with values float32 can hold; raises KeyError for an objective of
    another kind. https://lightgbm.readthedocs.io/en/stable/pythonapi/lightgbm.Booster.html (dump_model)"""
    dumped = model.booster_.dump_model()
    name, *words = dumped["objective"].split()
    targets = dumped["num_tree_per_iteration"]
    told = dict(word.split(":", 1) for word in words if ":" in word)
    scale = float(told.get("sigmoid", 1.0))
    if dumped["average_output"]:
        scale *= targets / len(dumped["tree_info"])
    trees = tuple(
        Tree(number % targets, tuple(_nodes(info["tree_structure"], scale)))
        for number, info in enumerate(dumped["tree_info"])
    )
    return _centred(Ensemble(trees, "BRANCH_LEQ", (0.0,) * targets, _LINKS[name]))


def _nodes(root: Mapping[str, Any], scale: float) -> Iterator[Node]:
    """The root first, each before what is below it; a loop, since trees grown leaf by leaf are deep."""
    order: list[Mapping[str, Any]] = []
    places: dict[int, int] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        places[id(node)] = len(order)
        order.append(node)
        waiting += [node[child] for child in ("right_child", "left_child") if child in node]
    for node in order:
        if "split_feature" in node:
            yes, no = places[id(node["left_child"])], places[id(node["right_child"])]
            value = round_down_one(node["threshold"])
            yield Node(value, node["internal_count"], node["split_feature"], yes, no, _missing_left(node))
        else:
            yield Node(node["leaf_value"] * scale, node.get("leaf_count", 0))


def _missing_left(node: Mapping[str, Any]) -> bool:
    """A feature with no missing value in training takes one for zero."""
    if node["missing_type"] == "None":
        return bool(node["threshold"] >= 0)
    return bool(node["default_left"])


def _centred(ensemble: Ensemble) -> Ensemble:
    """What the first tree of each target says on the whole, moved to the end of the sum. LightGBM adds float64, ONNX
    float32: the sum loses less while it is small."""
    base, trees = list(ensemble.base), list(ensemble.trees)
    for target in range(len(base)):
        leaves = [node.value for node in trees[target].nodes if node.feature < 0]
        base[target] = sum(leaves) / len(leaves)
        moved = (n._replace(value=n.value - base[target]) if n.feature < 0 else n for n in trees[target].nodes)
        trees[target] = replace(trees[target], nodes=tuple(moved))
    return replace(ensemble, trees=tuple(trees), base=tuple(base))
