"""Turns a fitted XGBoost model into its trees, from the JSON that XGBoost itself writes of it."""

import json
import math
from collections.abc import Mapping
from typing import Any

from mlspec.runtime.tree_ensemble import Ensemble, Link, Node, Tree, constant

_LINKS: Mapping[str, Link] = {
    "binary:logistic": "sigmoid",
    "reg:logistic": "sigmoid",
    "multi:softprob": "softmax",
    "count:poisson": "exp",
    "reg:gamma": "exp",
    "reg:tweedie": "exp",
    "reg:squarederror": "identity",
    "reg:squaredlogerror": "identity",
    "reg:pseudohubererror": "identity",
    "reg:absoluteerror": "identity",
    "reg:quantileerror": "identity",
}


def xgboost_ensemble(model: Any) -> Ensemble:
    """The trees up to the best iteration, x < value as XGBoost asks; raises KeyError for an objective of another kind.
    https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html"""
    booster = model.get_booster()
    learner = json.loads(booster.save_raw("json"))["learner"]
    link = _LINKS[learner["objective"]["name"]]
    base = [_margin(score, link) for score in _scores(learner["learner_model_param"]["base_score"])]
    targets = max(1, int(learner["learner_model_param"]["num_class"]))
    trees = _trees(learner["gradient_booster"], _best(model))
    bases = base * targets if len(base) == 1 else base
    # Added first, as XGBoost does in float32: of a thousand trees, another order of additions tells at 1e-4.
    first = tuple(constant(target, start) for target, start in enumerate(bases))
    return Ensemble((*first, *trees), "BRANCH_LT", (0.0,) * targets, link)


def _scores(text: str) -> list[float]:
    """One for each target, in brackets since version 3.1; float32, as XGBoost holds it."""
    import numpy as np

    return [float(np.float32(score)) for score in text.strip("[]").split(",")]


def _margin(score: float, link: Link) -> float:
    """What is added up, from the answer that XGBoost keeps."""
    match link:
        case "sigmoid":
            return -math.log(1.0 / score - 1.0)
        case "exp":
            return math.log(score)
        case _:
            return score


def _best(model: Any) -> int | None:
    """How many iterations are kept: early stopping has gone on past them."""
    stopped = model.get_params().get("early_stopping_rounds")
    return model.best_iteration + 1 if stopped else None


def _trees(booster: Mapping[str, Any], iterations: int | None) -> tuple[Tree, ...]:
    inner = booster["gbtree"] if booster["name"] == "dart" else booster
    model = inner["model"]
    count = len(model["trees"]) if iterations is None else model["iteration_indptr"][iterations]
    weights = booster.get("weight_drop", [1.0] * count)
    return tuple(
        _tree(tree, target, weight)
        for tree, target, weight in list(zip(model["trees"], model["tree_info"], weights, strict=False))[:count]
    )


def _tree(tree: Mapping[str, Any], target: int, weight: float) -> Tree:
    """A deleted node stays where it is: nothing leads to it."""
    columns = (tree[name] for name in _COLUMNS)
    return Tree(target, tuple(_node(*row, weight=weight) for row in zip(*columns, strict=True)))


_COLUMNS = ("split_conditions", "sum_hessian", "split_indices", "left_children", "right_children", "default_left")


def _node(condition: float, cover: float, feature: int, left: int, right: int, missing: int, *, weight: float) -> Node:
    if left < 0:
        return Node(condition * weight, cover)
    return Node(condition, cover, feature, left, right, bool(missing))
