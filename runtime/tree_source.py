"""Trees written as nested ifs: each comparison says by its own direction where NaN goes.

Boosting asks the same question at the root of one tree after another: trees that do are written as one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlspec.runtime.onnx_trees import LEAF, Tree

MOST_DEPTH = 90  # Python reads at most 100 levels of indentation

# How a node asks where yes is the branch for NaN, and where it is not: the comparison, and whether yes comes first. NaN
# compares false with everything, so that a comparison turned round sends it the other way, for nothing.
_ASKED: Mapping[tuple[str, bool], tuple[str, bool]] = {
    ("BRANCH_LEQ", False): ("{x} <= {t}", True),
    ("BRANCH_LEQ", True): ("{x} > {t}", False),
    ("BRANCH_LT", False): ("{x} < {t}", True),
    ("BRANCH_LT", True): ("{x} >= {t}", False),
    ("BRANCH_GTE", False): ("{x} >= {t}", True),
    ("BRANCH_GTE", True): ("{x} < {t}", False),
    ("BRANCH_GT", False): ("{x} > {t}", True),
    ("BRANCH_GT", True): ("{x} <= {t}", False),
    ("BRANCH_EQ", False): ("{x} == {t}", True),
    ("BRANCH_EQ", True): ("{x} == {t} or {x} != {x}", True),
    ("BRANCH_NEQ", False): ("{x} == {t} or {x} != {x}", False),
    ("BRANCH_NEQ", True): ("{x} != {t}", True),
}


@dataclass(frozen=True, slots=True)
class Operand:
    """What a feature of the trees is: a variable, and the number that stands for NaN in it, if one does."""

    name: str
    filler: float | None = None


class TooDeep(Exception):
    """A tree is deeper than Python's indentation."""


@dataclass(slots=True)
class Part:
    """What is added to each sum, by its name, and what is asked: by question, what follows yes and what follows no."""

    adds: dict[str, float] = field(default_factory=dict)
    branches: dict[str, tuple["Part", "Part"]] = field(default_factory=dict)

    def add(self, name: str, weight: float) -> None:
        """Add to one of the sums."""
        self.adds[name] = self.adds.get(name, 0.0) + weight

    def take(self, other: "Part") -> None:
        """Do what the other does as well."""
        for name, weight in other.adds.items():
            self.add(name, weight)
        for question, (yes, no) in other.branches.items():
            if question in self.branches:
                self.branches[question][0].take(yes)
                self.branches[question][1].take(no)
            else:
                self.branches[question] = (yes, no)


def forest_lines(
    trees: Sequence[Tree], operands: Sequence[Operand], sums: Mapping[int, str], *, scale: float
) -> Iterator[str]:
    """The trees as statements that add `scale` times their weights to those `sums` that are asked for; raises TooDeep.

    Weights that meet in one place are added up here, in 64 bits, as the row's answer would be."""
    whole = Part()
    for tree in trees:
        whole.take(_part(tree, 0, operands, sums, scale, 1))
    yield from _lines(whole, "")


def _part(
    tree: Tree, node: int, operands: Sequence[Operand], sums: Mapping[int, str], scale: float, depth: int
) -> Part:
    if tree.modes[node] == LEAF:
        leaf = Part()
        for to, weight in tree.weights[node]:
            if to in sums and weight:
                leaf.add(sums[to], weight * scale)
        return leaf
    if depth > MOST_DEPTH:
        raise TooDeep
    yes = _part(tree, tree.yes[node], operands, sums, scale, depth + 1)
    no = _part(tree, tree.no[node], operands, sums, scale, depth + 1)
    if yes == no:
        return yes
    operand, mode, threshold = operands[tree.features[node]], tree.modes[node], tree.thresholds[node]
    if operand.filler is None:
        to_yes = tree.missing[node] or mode == "BRANCH_NEQ"  # NaN is unlike any number
    else:
        to_yes = _says(mode, operand.filler, threshold)
    question, first = _ASKED[mode, to_yes]
    asked = question.format(x=operand.name, t=_literal(threshold))
    return Part(branches={asked: (yes, no) if first else (no, yes)})


def _literal(threshold: float) -> str:
    """A number that Python reads without a name: HistGradientBoosting parts what is missing from the rest at inf."""
    return repr(threshold) if math.isfinite(threshold) else f"{'-' * (threshold < 0)}1e999"


def _says(mode: str, value: float, threshold: float) -> bool:
    """What a node answers for a number."""
    match mode:
        case "BRANCH_LEQ":
            return value <= threshold
        case "BRANCH_LT":
            return value < threshold
        case "BRANCH_GTE":
            return value >= threshold
        case "BRANCH_GT":
            return value > threshold
        case "BRANCH_EQ":
            return value == threshold
        case _:
            return value != threshold


def _lines(part: Part, indent: str) -> Iterator[str]:
    yield from (f"{indent}{name} += {weight!r}" for name, weight in part.adds.items())
    for question, (yes, no) in part.branches.items():
        yield f"{indent}if {question}:"
        yield from _lines(yes, indent + " ") if yes != _NOTHING else (f"{indent} pass",)
        if no != _NOTHING:
            yield f"{indent}else:"
            yield from _lines(no, indent + " ")


_NOTHING = Part()
