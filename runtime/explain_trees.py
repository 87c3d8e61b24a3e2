"""The tree ensemble in model.onnx turned into what explains it: each leaf, the tests on its way, and their shares."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlspec.runtime.onnx_trees import LEAF, OPERATORS, Tree, UnknownTrees, attributes_of, read_ensemble

if TYPE_CHECKING:
    import numpy as np

MOST_TESTS = 400_000
_BEFORE = {"Imputer", "Identity", "Cast"}  # what may be done to the rows before: each column stays what it is


class CannotExplain(Exception):
    """The model has no exact explanation that can be served; the text tells why."""


def tree_document(onnx: bytes, rows: "np.ndarray", *, outputs: int = 0) -> dict[str, Any]:
    """`leaves`, `base` and `fill` of explainer.json (all but its space), for a model of float32 `rows` [rows,
    features], which are those it was trained on; raises CannotExplain. Of several `outputs` each may have an ensemble
    of its own, in their order."""
    from onnx import load_from_string

    graph = load_from_string(onnx).graph
    found = [node for node in graph.node if node.op_type in OPERATORS]
    if len(found) not in (1, outputs or 1):
        raise CannotExplain(f"it is made of {len(found)} tree ensembles; one for each answer can be explained")
    fill = _fill(graph, found[0], rows.shape[1])
    base: list[float] = []
    leaves: list[Any] = []
    for node in found:
        starts, added = _ensemble(node, _filled(rows, fill))
        leaves += [([(len(base) + target, weight) for target, weight in weights], tests) for weights, tests in added]
        base += starts
    if sum(len(tests) for _, tests in leaves) > MOST_TESTS:
        raise CannotExplain(f"its trees ask more than {MOST_TESTS:,} times")
    document = {"kind": "trees", "base": base, "fill": fill, "leaves": leaves}
    return document if outputs else _one_of_two(document, len(base))


def _ensemble(node: Any, filled: "np.ndarray") -> tuple[list[float], list[Any]]:
    """What each target begins with, and every leaf: what it adds to which targets, and the tests on its way."""
    try:
        ensemble = read_ensemble(node)
    except UnknownTrees as unknown:
        raise CannotExplain(str(unknown)) from None
    hits = attributes_of(node).get("nodes_hitrates") or []
    known = iter(hits) if any(hit != 1.0 for hit in hits) else None
    scale = 1.0 / len(ensemble.trees) if ensemble.mean else 1.0
    leaves: list[Any] = []
    base = [0.0] * ensemble.targets
    for at, start in enumerate(ensemble.base):
        base[(ensemble.only or 0) if len(ensemble.base) == 1 else at] += start
    for tree in ensemble.trees:
        covers = [next(known) for _ in tree.modes] if known else counted(tree, filled)
        for weights, tests in tree_leaves(tree, covers):
            shares = 1.0
            for test in tests:
                shares *= test[4]
            scaled = [(target, weight * scale) for target, weight in weights]
            for target, weight in scaled:
                base[target] += weight * shares
            leaves.append((scaled, tests))
    return base, leaves


def _one_of_two(document: dict[str, Any], targets: int) -> dict[str, Any]:
    """Of two classes the second is explained, which some libraries have the only score of."""
    if targets != 2:
        return document
    used = {target for weights, _ in document["leaves"] for target, _ in weights}
    kept = 1 if 1 in used else 0
    leaves = [([(0, w) for target, w in weights if target == kept], tests) for weights, tests in document["leaves"]]
    return {**document, "base": [document["base"][kept]], "leaves": leaves}


def tree_leaves(tree: Tree, covers: list[float]) -> Iterator[tuple[tuple[tuple[int, float], ...], list[list[Any]]]]:
    """Each leaf's weights, and one test for each feature on its way: [feature, low, high, missing passes, share];
    a row passes when low < x <= high. None is no bound."""
    waiting: list[tuple[int, dict[int, list[Any]]]] = [(0, {})]
    while waiting:
        node, tests = waiting.pop()
        if tree.modes[node] == LEAF:
            yield tree.weights[node], [test for _, test in sorted(tests.items())]
            continue
        for yes, child in ((True, tree.yes[node]), (False, tree.no[node])):
            waiting.append((child, _narrowed(tests, tree, node, yes=yes, share=_share(covers, node, child))))


def _share(covers: list[float], node: int, child: int) -> float:
    """Of the rows of `node` those that go on to `child`; half where no row ever came."""
    return covers[child] / covers[node] if covers[node] else 0.5


def _narrowed(
    tests: Mapping[int, list[Any]], tree: Tree, node: int, *, yes: bool, share: float
) -> dict[int, list[Any]]:
    """`tests` with that of `node`, taken one way."""
    feature = tree.features[node]
    _, low, high, missing, before = tests.get(feature, [feature, None, None, True, 1.0])
    bound = _bound(tree.modes[node], tree.thresholds[node])
    if yes:
        high = bound if high is None else min(high, bound)
    else:
        low = bound if low is None else max(low, bound)
    return {**tests, feature: [feature, low, high, missing and tree.missing[node] == yes, before * share]}


def _bound(mode: str, threshold: float) -> float:
    """The largest float32 that passes: x < t is x <= the number before t."""
    import numpy as np

    if mode == "BRANCH_LEQ":
        return float(threshold)
    if mode == "BRANCH_LT":
        return float(np.nextafter(np.float32(threshold), np.float32(-np.inf)))
    raise CannotExplain(f"trees that compare by {mode}")


def counted(tree: Tree, rows: "np.ndarray") -> list[float]:
    """How many of `rows` come by each node."""
    import numpy as np

    counts = [0.0] * len(tree.modes)
    waiting = [(0, np.arange(len(rows)))]
    while waiting:
        node, here = waiting.pop()
        counts[node] = float(len(here))
        if tree.modes[node] == LEAF or not len(here):
            continue
        values = rows[here, tree.features[node]]
        passes = np.where(
            np.isnan(values), tree.missing[node], values <= _bound(tree.modes[node], tree.thresholds[node])
        )
        waiting += [(tree.yes[node], here[passes]), (tree.no[node], here[~passes])]
    return counts


def _fill(graph: Any, trees: Any, width: int) -> list[float | None]:
    """What stands for a missing value of each column before the trees; nothing where they take it as it is."""
    made = {output: node for node in graph.node for output in node.output}
    fill: list[float | None] = [None] * width
    name = trees.input[0]
    while name != graph.input[0].name:
        node = made.get(name)
        if node is None or node.op_type not in _BEFORE:
            raise CannotExplain("its trees do not ask about the columns themselves")
        if node.op_type == "Imputer":
            values = list(attributes_of(node)["imputed_value_floats"])
            fill = values * width if len(values) == 1 else values
        name = node.input[0]
    return fill


def _filled(rows: "np.ndarray", fill: list[float | None]) -> "np.ndarray":
    import numpy as np

    stand_in = np.array([np.nan if value is None else value for value in fill], np.float32)
    return np.where(np.isnan(rows), stand_in, rows)
