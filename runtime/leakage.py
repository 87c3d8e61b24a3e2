"""Finds features that give the label away: a small tree on one feature alone must not predict it nearly perfectly."""

from typing import TYPE_CHECKING

from mlspec.runtime.contract import Check, Contract

if TYPE_CHECKING:
    import numpy as np

SAMPLE = 20_000
DEPTH = 6
LIMIT = 0.98


def check_leakage(matrix: "np.ndarray", target: "np.ndarray", contract: Contract, *, seed: int) -> tuple[Check, ...]:
    """One check per feature: ROC AUC (one against the rest), or R2 of a number (of several, the one that it tells
    best), on the half the tree did not see."""
    import numpy as np

    random = np.random.default_rng(seed)
    rows = random.permutation(len(target))[:SAMPLE]
    matrix, target = matrix[rows], target[rows]
    return tuple(
        _check(column.name, _score(matrix[:, [index]], target, contract, seed=seed), contract)
        for index, column in enumerate(contract.features)
    )


def _score(feature: "np.ndarray", target: "np.ndarray", contract: Contract, *, seed: int) -> float | None:
    import numpy as np
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    from mlspec.runtime.metrics import measure

    half = len(target) // 2
    if contract.task == "regression":
        tree = DecisionTreeRegressor(max_depth=2 * DEPTH, min_samples_leaf=5, random_state=seed)
        fitted = ((one, tree.fit(feature[:half], one[:half])) for one in target.reshape(len(target), -1).T)
        scores = [measure("r2", one[half:], tree.predict(feature[half:]), task="regression") for one, tree in fitted]
        return max((score for score in scores if score is not None), default=None)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=5, random_state=seed)
    tree.fit(feature[:half], target[:half])
    probabilities = np.zeros((len(target) - half, len(contract.classes)))
    probabilities[:, tree.classes_] = tree.predict_proba(feature[half:])
    return measure("roc_auc", target[half:], probabilities, task=contract.task)


def _check(name: str, score: float | None, contract: Contract) -> Check:
    metric = "R2" if contract.task == "regression" else "ROC AUC"
    if score is None:
        return Check(f"{name} leakage", True, "the label has one class only")
    detail = f"{metric} {score:.3f} with this feature alone, {LIMIT} is too good to be true"
    return Check(f"{name} leakage", score < LIMIT, detail)
