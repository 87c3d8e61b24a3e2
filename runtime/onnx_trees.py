"""A TreeEnsembleClassifier or TreeEnsembleRegressor node of an ONNX model, turned into trees as plain tuples."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAF = "LEAF"
MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")
OPERATORS = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")


class UnknownTrees(Exception):
    """The node says what no version of the operator read here says; the text tells what."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree, by node; the root is node 0. Where `modes[n]` is LEAF, `weights[n]` are pairs (target, weight), else
    `features[n]` is compared with `thresholds[n]`, and `yes[n]` or `no[n]` is next: yes too for NaN where `missing[n]`.
    """

    modes: tuple[str, ...]
    features: tuple[int, ...]
    thresholds: tuple[float, ...]
    yes: tuple[int, ...]
    no: tuple[int, ...]
    missing: tuple[bool, ...]
    weights: tuple[tuple[tuple[int, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Trees whose weights are added up for each of `targets` targets, to `base`, or divided by their number (`mean`).

    `transform` is what becomes of the sums (NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO). `only`: the one target that
    all weights are of, in a classifier of two classes; the other class's answer follows from it."""

    trees: tuple[Tree, ...]
    targets: int
    base: tuple[float, ...]
    transform: str
    mean: bool = False
    only: int | None = None


def attributes_of(node: Any) -> dict[str, Any]:
    """A node's attributes as Python values: texts decoded, tensors as NumPy arrays."""
    from onnx import numpy_helper
    from onnx.helper import get_attribute_value

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode()
        if isinstance(value, list) and value and isinstance(value[0], bytes):
            return [text.decode() for text in value]
        return numpy_helper.to_array(value) if hasattr(value, "raw_data") else value

    return {attribute.name: plain(get_attribute_value(attribute)) for attribute in node.attribute}


def count_nodes(node: Any) -> int:
    """How many nodes all trees have, told without reading them."""
    return next((len(a.ints) for a in node.attribute if a.name == "nodes_nodeids"), 0)


def read_ensemble(node: Any) -> Ensemble:
    """The trees of an ONNX node (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html, version 3);
    raises UnknownTrees."""
    attributes = attributes_of(node)
    if any(name.endswith("_as_tensor") for name in attributes):
        raise UnknownTrees("trees in double precision")
    aggregate = attributes.get("aggregate_function", "SUM")
    if aggregate not in ("SUM", "AVERAGE"):
        raise UnknownTrees(f"trees that are aggregated by {aggregate}")
    classifier = node.op_type == "TreeEnsembleClassifier"
    prefix = "class" if classifier else "target"
    labels = attributes.get("classlabels_int64s") or attributes.get("classlabels_strings") or []
    targets = len(labels) if classifier else attributes.get("n_targets", 1)
    used = set(attributes[f"{prefix}_ids"])
    return Ensemble(
        trees=_trees(attributes, prefix),
        targets=targets,
        base=tuple(attributes.get("base_values", ())),
        transform=attributes.get("post_transform", "NONE"),
        mean=aggregate == "AVERAGE",
        only=used.pop() if classifier and targets == 2 and len(used) == 1 else None,
    )


def _trees(attributes: Mapping[str, Any], prefix: str) -> tuple[Tree, ...]:
    """The nodes of each tree, and its leaves' weights, in the order of the model."""
    weights: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    leaves = (attributes[f"{prefix}_{part}"] for part in ("treeids", "nodeids", "ids", "weights"))
    for tree, node, target, weight in zip(*leaves, strict=True):
        weights[tree, node].append((target, weight))
    rows: dict[int, list[int]] = defaultdict(list)
    for at, tree in enumerate(attributes["nodes_treeids"]):
        rows[tree].append(at)
    return tuple(_tree(attributes, tree, where, weights) for tree, where in rows.items())


def _tree(attributes: Mapping[str, Any], tree: int, where: list[int], weights: Mapping[Any, Any]) -> Tree:
    """One tree, of the places `where` in the attributes; nodes are numbered anew, in that order."""
    names = [attributes["nodes_nodeids"][at] for at in where]
    number = {name: new for new, name in enumerate(names)}
    modes = tuple(attributes["nodes_modes"][at] for at in where)
    strange = set(modes) - {LEAF, *MODES}
    if strange:
        raise UnknownTrees(f"trees that compare by {', '.join(sorted(strange))}")
    missing = attributes.get("nodes_missing_value_tracks_true") or [0] * len(attributes["nodes_nodeids"])

    def next_of(kind: str) -> tuple[int, ...]:
        ids = attributes[f"nodes_{kind}nodeids"]
        return tuple(0 if mode == LEAF else number[ids[at]] for at, mode in zip(where, modes, strict=True))

    return Tree(
        modes=modes,
        features=tuple(attributes["nodes_featureids"][at] for at in where),
        thresholds=tuple(attributes["nodes_values"][at] for at in where),
        yes=next_of("true"),
        no=next_of("false"),
        missing=tuple(bool(missing[at]) for at in where),
        weights=tuple(tuple(weights.get((tree, name), ())) for name in names),
    )
