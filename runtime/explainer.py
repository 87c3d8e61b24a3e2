"""A release's explainer.json turned into explanations: what each column adds to one answer, with nothing to install.

Many rows of a model of trees are explained with NumPy where it is there: it is some twenty times as fast."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import inf, nan
from struct import Struct
from typing import TYPE_CHECKING, Any

from mlspec.runtime.engines import DamagedRelease, Description, Folder, Scores, read_file
from mlspec.runtime.payload import Decoded, Refusal
from mlspec.runtime.shapley import leaf_shares

if TYPE_CHECKING:
    from mlspec.runtime.explainer_batches import Batches

FILE = "explainer.json"
# Tests of trees' leaves, of all rows of a request, that a processor makes in a second: fewer than were measured, for a
# way through a leaf's tests that is new takes longer.
TESTS_A_SECOND = 1_000_000
TESTS_A_SECOND_AT_ONCE = 10_000_000  # the same with NumPy
_MANY = 8  # rows from which on NumPy is worth being called
_MOST_KNOWN = 256  # ways through one leaf's tests that are remembered
Row = Sequence[float]
Explanation = dict[str, Any]


def open_explainer(folder: Folder, description: Description) -> "Explainer":
    """What explains the release in `folder`; raises DamagedRelease, and Refusal (400) where nothing does."""
    if "explainer_sha256" not in description:
        reason = "this model gives no explanations: its spec does not say serving.explain"
        raise Refusal(400, {"error": "contract", "problems": [{"row": None, "column": None, "reason": reason}]})
    return Explainer(folder, description)


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

    def explained(self, decoded: Decoded, scores: Scores, *, seconds: float) -> list[Explanation]:
        """One explanation for each of `decoded.rows`; raises Refusal (413) where there are more rows than a processor
        explains in `seconds`."""
        most = self.most_rows(seconds)
        if len(scores) > most:
            reason = f"{len(scores)} rows were sent; at most {most} are explained at once"
            raise Refusal(413, {"error": "too many rows", "reason": reason})
        return self.explain(decoded.rows, scores)

    def most_rows(self, seconds: float) -> int:
        """How many rows a processor explains in `seconds`; at least one."""
        most: int = self._model.most_rows(seconds)
        return max(1, most // max(1, len(self._outputs)))

    def explain(self, rows: bytes, scores: Sequence[Any]) -> list[Explanation]:
        """One explanation a row of `rows` (as an engine takes them), whose answers are `scores`."""
        seen = [[nan if value == inf else value for value in row] for row in self._rows(rows)]
        if self._outputs:
            each = [self._added(seen, [at] * len(seen)) for at in range(len(self._outputs))]
            return [
                {"space": self._space, "outputs": dict(zip(self._outputs, told, strict=True))}
                for told in zip(*each, strict=True)
            ]
        if not self._classes:
            return [{"space": self._space, **told} for told in self._added(seen, [0] * len(seen))]
        targets = [score.index(max(score)) for score in scores]
        return [
            {"space": self._space, "class": self._classes[target], **told}
            for target, told in zip(targets, self._added(seen, targets), strict=True)
        ]

    def _added(self, rows: Sequence[Row], targets: Sequence[int]) -> list[dict[str, Any]]:
        """What each row's columns add to the score of its target, and to what."""
        values = self._model.all_values(rows, targets)
        return [
            {"base": self._base[target], "values": dict(zip(self._names, row, strict=True))}
            for target, row in zip(targets, values, strict=True)
        ]


class _Linear:
    """A column adds `slope` times its number, or what stands for its category; `missing` where it has neither."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._targets: list[list[dict[str, Any]]] = document["targets"]

    def most_rows(self, seconds: float) -> int:
        return int(TESTS_A_SECOND * seconds) // max(1, len(self._targets[0]))

    def all_values(self, rows: Sequence[Row], targets: Sequence[int]) -> list[list[float]]:
        return [self.values(row, target) for row, target in zip(rows, targets, strict=True)]

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
        self._tests = max(sum(len(leaf[1]) for leaf in leaves) for leaves in self._leaves)
        self._batches: dict[int, Batches] = {}  # of each target that was asked for

    def most_rows(self, seconds: float) -> int:
        each = TESTS_A_SECOND if _batches() is None else TESTS_A_SECOND_AT_ONCE
        return max(1, int(each * seconds) // max(1, self._tests))

    def all_values(self, rows: Sequence[Row], targets: Sequence[int]) -> list[list[float]]:
        """What each column adds to the score of each row's target."""
        if len(rows) >= _MANY and (batches := _batches()):
            return self._at_once(batches, rows, targets)
        return [self.values(row, target) for row, target in zip(rows, targets, strict=True)]

    def _at_once(self, batches: "type[Batches]", rows: Sequence[Row], targets: Sequence[int]) -> list[list[float]]:
        filled = [self._filled(row) for row in rows]
        values: list[list[float]] = [[]] * len(rows)
        for target in set(targets):
            if target not in self._batches:
                self._batches[target] = batches(self._leaves[target], len(self._fill))
            places = [place for place, wanted in enumerate(targets) if wanted == target]
            found = self._batches[target].values([filled[place] for place in places])
            for place, row in zip(places, found, strict=True):
                values[place] = row
        return values

    def _filled(self, row: Row) -> list[float]:
        return [fill if value != value and fill is not None else value
                for value, fill in zip(row, self._fill, strict=True)]  # fmt: skip

    def values(self, row: Row, target: int) -> list[float]:
        """What each column adds to the score of `target`; one loop, since it runs for every leaf."""
        filled = self._filled(row)
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


def _batches() -> "type[Batches] | None":
    """What explains many rows at once; nothing in a package without NumPy."""
    try:
        from mlspec.runtime.explainer_batches import Batches
    except ImportError:
        return None
    return Batches


KINDS: Mapping[str, Any] = {"linear": _Linear, "trees": _Trees}
