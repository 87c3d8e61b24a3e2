"""Trees of any library, as plain numbers, turned into one ONNX tree ensemble and what follows it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

Link = Literal["identity", "exp", "sigmoid", "softmax"]
OPSETS = {"": 17, "ai.onnx.ml": 3}


class Node(NamedTuple):
    """One node. A leaf has feature -1 and its `value`; any other sends a row with x < value (or x <= value, as the
    ensemble says) to node `yes`, a missing x where `missing_yes` says. `cover` is how much of training came by."""

    value: float
    cover: float
    feature: int = -1
    yes: int = 0
    no: int = 0
    missing_yes: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes, the root first; what its leaves say is added to the score of `target`."""

    target: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Trees added up in order and then `base`, one number for each target; `link` makes the answer of the sums."""

    trees: tuple[Tree, ...]
    mode: Literal["BRANCH_LT", "BRANCH_LEQ"]
    base: tuple[float, ...]
    link: Link


def constant(target: int, value: float) -> Tree:
    """A tree that says the same of every row."""
    return Tree(target, (Node(value, 0.0),))


def joined(ensembles: Sequence[Ensemble]) -> Ensemble:
    """Ensembles of one target each, all of one estimator's kind, as one that has a target for each of them."""
    trees = (replace(tree, target=target) for target, one in enumerate(ensembles) for tree in one.trees)
    base = tuple(start for one in ensembles for start in one.base)
    return replace(ensembles[0], trees=tuple(trees), base=base)


def ensemble_model(ensemble: Ensemble, *, width: int, classes: int) -> Any:
    """The ModelProto for `width` features: `probabilities` of `classes`, or `value` where there are none. Made of
    TreeEnsembleClassifier or TreeEnsembleRegressor: https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html"""
    from onnx import TensorProto, helper

    nodes = _classifier(ensemble, classes) if classes else _regressor(ensemble)
    output = "probabilities" if classes else "value"
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, classes or len(ensemble.base)])],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _classifier(ensemble: Ensemble, classes: int) -> list[Any]:
    """Two classes have one score, the second's."""
    from onnx import helper

    transform = "SOFTMAX" if ensemble.link == "softmax" else "LOGISTIC"
    return [
        helper.make_node(
            "TreeEnsembleClassifier",
            ["X"],
            ["label", "probabilities"],
            domain="ai.onnx.ml",
            classlabels_int64s=list(range(classes)),
            post_transform=transform,
            base_values=list(ensemble.base),
            **_leaves(ensemble, "class"),
            **_branches(ensemble),
        )
    ]


def _regressor(ensemble: Ensemble) -> list[Any]:
    from onnx import helper

    operator = {"exp": "Exp", "sigmoid": "Sigmoid"}.get(ensemble.link)
    trees = helper.make_node(
        "TreeEnsembleRegressor",
        ["X"],
        ["margin" if operator else "value"],
        domain="ai.onnx.ml",
        n_targets=len(ensemble.base),
        base_values=list(ensemble.base),
        **_leaves(ensemble, "target"),
        **_branches(ensemble),
    )
    return [trees, helper.make_node(operator, ["margin"], ["value"])] if operator else [trees]


def _leaves(ensemble: Ensemble, of: str) -> dict[str, Any]:
    found = [(number, index, tree.target, node.value) for number, index, tree, node in _all(ensemble.trees)
             if node.feature < 0]  # fmt: skip
    names = ("treeids", "nodeids", "ids", "weights")
    return {f"{of}_{name}": list(column) for name, column in zip(names, zip(*found, strict=True), strict=True)}


def _branches(ensemble: Ensemble) -> Mapping[str, Any]:
    nodes = list(_all(ensemble.trees))
    inner = [node.feature >= 0 for *_, node in nodes]
    return {
        "nodes_treeids": [number for number, *_ in nodes],
        "nodes_nodeids": [index for _, index, *_ in nodes],
        "nodes_featureids": [max(node.feature, 0) for *_, node in nodes],
        "nodes_modes": [ensemble.mode if branch else "LEAF" for branch in inner],
        "nodes_values": [node.value if branch else 0.0 for branch, (*_, node) in zip(inner, nodes, strict=True)],
        "nodes_truenodeids": [node.yes for *_, node in nodes],
        "nodes_falsenodeids": [node.no for *_, node in nodes],
        "nodes_missing_value_tracks_true": [int(node.missing_yes) for *_, node in nodes],
        "nodes_hitrates": [float(node.cover) for *_, node in nodes],
    }


def _all(trees: Sequence[Tree]) -> Iterator[tuple[int, int, Tree, Node]]:
    for number, tree in enumerate(trees):
        for index, node in enumerate(tree.nodes):
            yield number, index, tree, node
