"""An estimator and its arguments -> how large its model can grow: what a function must have room for.

Measured (skl2onnx 1.20 to onnxruntime 1.23, one thread): a node of a tree takes 37 to 50 bytes of model.onnx, and 470
bytes of memory once it is loaded; a process with ONNX Runtime, numpy and the handler takes some 90 MiB besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

NODE_BYTES = 40
NODE_MEMORY = 470
PROCESS_MEMORY = 90 * 2**20
_UNBOUNDED = 2**62


@dataclass(frozen=True, slots=True)
class _Trees:
    """The arguments that say how many trees there are and how far one grows, each with what it is where not given."""

    count: tuple[str, int]
    leaves: tuple[str, int | None] = ("max_leaf_nodes", None)
    depth: tuple[str, int | None] = ("max_depth", None)
    each_class: bool = False  # boosting grows a tree for each of three or more classes, and for each output


_FOREST = _Trees(("n_estimators", 100))
_ONE = _Trees(("", 1))
_TREES: Mapping[str, _Trees] = MappingProxyType(
    {
        "sklearn.ensemble.HistGradientBoosting": _Trees(("max_iter", 100), ("max_leaf_nodes", 31), each_class=True),
        "sklearn.ensemble.GradientBoosting": _Trees(("n_estimators", 100), depth=("max_depth", 3), each_class=True),
        "sklearn.ensemble.RandomForest": _FOREST,
        "sklearn.ensemble.ExtraTrees": _FOREST,
        "sklearn.tree.DecisionTree": _ONE,
        "sklearn.tree.ExtraTree": _ONE,
        "xgboost.XGB": _Trees(("n_estimators", 100), ("max_leaves", None), ("max_depth", 6), each_class=True),
        "lightgbm.LGBM": _Trees(("n_estimators", 100), ("num_leaves", 31), each_class=True),
    }
)


@dataclass(frozen=True, slots=True)
class Growth:
    """The most nodes that a model of trees can have; None where its trees end only where the rows do."""

    trees: int
    nodes: int | None
    limit: str  # the argument that bounds a tree

    @property
    def memory(self) -> int:
        """Bytes of memory that the largest such model takes, its process included."""
        return PROCESS_MEMORY + (self.nodes or 0) * NODE_MEMORY

    @property
    def size(self) -> int:
        """Bytes of the largest such model.onnx."""
        return (self.nodes or 0) * NODE_BYTES


def growth_of(estimator: Mapping[str, Any], *, classes: int, rows: int | None, outputs: int = 1) -> Growth | None:
    """How large the trees of an estimator can grow; `classes` is 1 for a regression of that many `outputs`, `rows` the
    most there can be. None for what has no trees, or where an argument is not a number."""
    trees = _trees_of(str(estimator.get("_target_", "")))
    if trees is None:
        return None
    count = _argument(estimator, trees.count[0], trees.count[1])
    leaves, depth = (_argument(estimator, name, default) for name, default in (trees.leaves, trees.depth))
    if count is None or not 0 < count <= 1_000_000:
        return None
    count *= (classes if classes > 2 else outputs) if trees.each_class else 1
    most = min(leaves or _UNBOUNDED, 2**depth if depth and 0 < depth < 60 else _UNBOUNDED, rows or _UNBOUNDED)
    return Growth(count, None if most == _UNBOUNDED else count * (2 * most - 1), trees.leaves[0])


def _trees_of(target: str) -> _Trees | None:
    name = target.removesuffix("Classifier").removesuffix("Regressor").replace("XGBRF", "XGB")
    return _TREES.get(name)


def _argument(estimator: Mapping[str, Any], name: str, default: int | None) -> int | None:
    value = estimator.get(name, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
