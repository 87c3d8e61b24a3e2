"""A release's explainer.json turned into explanations: what each column adds to one answer, with nothing to install."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import inf
from struct import Struct
from typing import Any

from mlspec.runtime.engines import DamagedRelease, Description, Folder, Scores, read_file
from mlspec.runtime.payload import Decoded, Refusal
from mlspec.runtime.shapley import leaf_shares

FILE = "explainer.json"
MOST_ROWS = 100  # of one request: a row takes milliseconds, and others wait
_MOST_KNOWN = 256  # ways through one leaf's tests that are remembered
Row = Sequence[float]
Explanation = dict[str, Any]


def explained(folder: Folder, description: Description, decoded: Decoded, scores: Scores) -> list[Explanation]:
    """One explanation for each of `decoded.rows`; raises Refusal (400, 413) where the release has none, or where there
    are too many rows."""
    if "explainer_sha256" not in description:
        reason = "this model gives no explanations: its spec does not say serving.explain"
        raise Refusal(400, {"error": "contract", "problems": [{"row": None, "column": None, "reason": reason}]})
    if len(scores) > MOST_ROWS:
        reason = f"{len(scores)} rows were sent; at most {MOST_ROWS} are explained at once"
        raise Refusal(413, {"error": "too many rows", "reason": reason})
    digest = description["explainer_sha256"]
    if digest not in _OPEN:
        _OPEN.clear()  # a release that was swapped for another is not needed again
        _OPEN[digest] = Explainer(folder, description)
    return _OPEN[digest].explain(decoded.rows, scores)


class Explainer:
    """`explain` gives, row by row, `base` (the mean over the training rows) and `values` of each column, which add up
    to the answer in the space that explainer.json names: of several classes, that of the likeliest, which `class` says;
    of several outputs there are a base and values for each, by its name, in `outputs`.

    Raises DamagedRelease where explainer.json is not the file that `description` (model.json) tells of."""

    def __init__(self, folder: Folder, description: Description) -> None:
        content = read_file(folder, FILE)
        if sha256(content).hexdigest() != description["explainer_sha256"]:
            raise DamagedRelease(f"{FILE} is not the one that model.json describes")
        document = json.loads(content)
        self._names: list[str] = [feature["name"] for feature in description["features"]]
        self._classes: list[Any] = description["classes"] if description["task"] == "multiclass" else []
        self._outputs: list[str] = description.get("outputs", [])
        self._base: list[float] = document["base"]
        self._space: str = document["space"]
        self._model = KINDS[document["kind"]](document)
        self._rows = Struct(f"={len(self._names)}f").iter_unpack

    def explain(self, rows: bytes, scores: Sequence[Any]) -> list[Explanation]:
        """One explanation a row of `rows` (as an engine takes them), whose answers are `scores`."""
        return [self._one(row, score) for row, score in zip(self._rows(rows), scores, strict=True)]

    def _one(self, row: Row, score: Any) -> Explanation:
        target = score.index(max(score)) if self._classes else 0
        seen = [float("nan") if value == inf else value for value in row]
        if self._outputs:
            outputs = {name: self._added(seen, at) for at, name in enumerate(self._outputs)}
            return {"space": self._space, "outputs": outputs}
        told = {"class": self._classes[target]} if self._classes else {}
        return {"space": self._space, **told, **self._added(seen, target)}

    def _added(self, row: Row, target: int) -> dict[str, Any]:
        values = self._model.values(row, target)
        return {"base": self._base[target], "values": dict(zip(self._names, values, strict=True))}


class _Linear:
    """A column adds `slope` times its number, or what stands for its category; `missing` where it has neither."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._targets: list[list[dict[str, Any]]] = document["targets"]

    def values(self, row: Row, target: int) -> list[float]:
        return [_term(term, value) for term, value in zip(self._targets[target], row, strict=True)]


def _term(term: Mapping[str, Any], value: float) -> float:
    if value != value:
        return float(term["missing"])
    if "codes" in term:
        return float(term["codes"][int(value)])
    return float(term["slope"] * value + term["at_zero"])


class _Trees:
    """Every leaf of every tree: its weight, its tests (a bit each, the column, low, high, whether missing
    passes), their columns, which share of the training rows passed each, and what is known of it. `fill` is what stands
    for a missing number before the trees."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._fill: list[float | None] = document["fill"]
        self._leaves: list[list[Any]] = [[] for _ in document["base"]]
        for weights, tests in document["leaves"]:
            asked = [
                (1 << bit, column, -inf if low is None else low, inf if high is None else high, bool(missing))
                for bit, (column, low, high, missing, _) in enumerate(tests)
            ]
            known: dict[int, list[float]] = {}
            leaf = (asked, [test[0] for test in tests], [test[4] for test in tests], known)
            for target, weight in weights:
                self._leaves[target].append((weight, *leaf))

    def values(self, row: Row, target: int) -> list[float]:
        """What each column adds to the score of `target`; one loop, since it runs for every leaf."""
        filled = [fill if value != value and fill is not None else value
                  for value, fill in zip(row, self._fill, strict=True)]  # fmt: skip
        totals = [0.0] * len(filled)
        for weight, tests, columns, shares, known in self._leaves[target]:
            mask = 0
            for bit, column, low, high, missing in tests:
                value = filled[column]
                if low < value <= high or (missing and value != value):
                    mask |= bit
            found = known.get(mask)
            if found is None:
                found = leaf_shares(mask, shares)
                if len(known) < _MOST_KNOWN:
                    known[mask] = found
            for column, value in zip(columns, found, strict=True):
                totals[column] += weight * value
        return totals


KINDS: Mapping[str, Any] = {"linear": _Linear, "trees": _Trees}
_OPEN: dict[str, Explainer] = {}  # the release's own, read when it is first asked
