"""Values of a row written as Python statements: each worked out once, linear parts folded, trees as nested ifs."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from mlspec.runtime.expressions import Affine, Atom, Call, Flag, Imputed, Input, Total, Whole
from mlspec.runtime.onnx_operators import CannotCompile
from mlspec.runtime.onnx_trees import LEAF, Ensemble, Tree
from mlspec.runtime.tree_source import MOST_DEPTH, Operand, TooDeep, forest_lines

_EXACT = 2**24  # float32 has every whole number up to here


class Summed(NamedTuple):
    """An ensemble, and the values that its features are."""

    ensemble: Ensemble
    row: list[Any]


class Writer:
    """Values turned into text: each atom is worked out once, in a variable of its own; `lines` grow in their order."""

    def __init__(self, ensembles: Sequence[Summed]) -> None:
        self.lines: list[str] = []
        self.tables: list[str] = []
        self.columns: set[int] = set()
        self._ensembles = ensembles
        self._names: dict[Atom, str] = {}

    def text(self, value: Affine) -> str:
        """An expression for the value."""
        if value.atom is not None:
            return self._name(value.atom)
        flags: dict[Affine, dict[Any, float]] = {}
        parts = [repr(_finite(value.constant))] if value.constant or not value.terms else []
        for atom, weight in value.terms:
            if isinstance(atom, Flag):
                flags.setdefault(atom.source, {})[atom.key] = _finite(weight)
            else:
                parts.append(self._name(atom) if weight == 1.0 else f"{_finite(weight)!r} * {self._name(atom)}")
        parts += [self._looked_up(source, table) for source, table in flags.items()]
        return " + ".join(parts)

    def sum_trees(self, values: Sequence[Affine]) -> None:
        """Write the trees that the values need, and of them what is needed."""
        wanted = {total for value in values for total in _totals(value)}
        for number, (ensemble, row) in enumerate(self._ensembles):
            sums = {at: f"s{number}_{at}" for at in range(ensemble.targets) if Total(number, at) in wanted}
            self.lines += [f"{name} = {_finite(_base(ensemble, at))!r}" for at, name in sums.items()]
            self._names |= {Total(number, at): name for at, name in sums.items()}
            self._write_trees(ensemble, self._operands(row, ensemble), sums)

    def _write_trees(self, ensemble: Ensemble, operands: list[Operand], sums: Mapping[int, str]) -> None:
        scale = 1.0 / len(ensemble.trees) if ensemble.mean else 1.0
        try:
            for tree in ensemble.trees:
                _require_numbers(tree)
            self.lines += forest_lines(ensemble.trees, operands, sums, scale=scale)
        except TooDeep:
            raise CannotCompile(f"a tree is deeper than {MOST_DEPTH} levels") from None

    def _operands(self, row: Sequence[Any], ensemble: Ensemble) -> list[Operand]:
        """What the trees compare. Only what float32 has exactly, inputs and codes: rounding could turn a comparison."""
        used = {tree.features[at] for tree in ensemble.trees for at, mode in enumerate(tree.modes) if mode != LEAF}
        return [self._operand(value) if at in used else Operand("") for at, value in enumerate(row)]

    def _operand(self, value: Any) -> Operand:
        match value.atom if isinstance(value, Affine) else None:
            case Input() as atom:
                return Operand(self._name(atom))
            case Imputed(Affine(((Input() as atom, 1.0),), 0.0), filler):
                return Operand(self._name(atom), filler)
            case _ if isinstance(value, Affine) and _is_code(value):
                return Operand(self._variable(value))
            case _:
                raise CannotCompile("trees compare what is computed, and not in float32")

    def _name(self, atom: Atom) -> str:
        if isinstance(atom, Input):
            self.columns.add(atom.column)
            return f"x{atom.column}"
        if atom not in self._names:
            made = self._made(atom)
            self._names[atom] = f"v{len(self._names)}"
            self.lines.append(f"{self._names[atom]} = {made}")
        return self._names[atom]

    def _made(self, atom: Atom) -> str:
        match atom:
            case Imputed(source, filler):
                x = self._variable(source)
                return f"{x} if {x} == {x} else {_finite(filler)!r}"
            case Whole(source):
                return f"float(int({self.text(source)}))"
            case Flag(source, key):
                return f"1.0 if {self.text(source)} == {key!r} else 0.0"
            case Call(function, arguments):
                return _CALLS[function](*[self._variable(argument) for argument in arguments])
            case other:
                raise CannotCompile(f"{other} has no source")

    def _variable(self, value: Affine) -> str:
        """A name for the value, or a constant: what may be written twice."""
        if value.atom is not None or not value.terms:
            return self.text(value)
        kept = Call("value", (value,))
        if kept not in self._names:
            text = self.text(value)
            self._names[kept] = f"v{len(self._names)}"
            self.lines.append(f"{self._names[kept]} = {text}")
        return self._names[kept]

    def _looked_up(self, source: Affine, table: Mapping[Any, float]) -> str:
        """What a category adds: one look into a dict, however many there are."""
        name = f"_t{len(self.tables)}"
        entries = ", ".join(f"{key!r}: {weight!r}" for key, weight in table.items())
        self.tables.append(f"{name} = {{{entries}}}.get")
        return f"{name}({self.text(source)}, 0.0)"


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise CannotCompile("it holds a number that is not finite")
    return number


def _is_code(value: Affine) -> bool:
    """Whether it is made of categories' flags alone, and a whole number whichever of them are set."""
    numbers = (value.constant, *(weight for _, weight in value.terms))
    whole = all(number.is_integer() for number in numbers) and sum(map(abs, numbers)) < _EXACT
    return whole and all(isinstance(atom, Flag) for atom, _ in value.terms)


def _require_numbers(tree: Tree) -> None:
    for leaf in tree.weights:
        for _, weight in leaf:
            _finite(weight)
    if any(math.isnan(threshold) for threshold in tree.thresholds):
        raise CannotCompile("its trees compare with what is no number")


def _base(ensemble: Ensemble, target: int) -> float:
    """What is added to; of a lone target in a classifier of two, ONNX Runtime takes the last value."""
    if ensemble.only is not None:
        return ensemble.base[-1] if ensemble.base else 0.0
    return ensemble.base[target] if ensemble.base else 0.0


def _totals(value: Affine) -> list[Total]:
    found: list[Total] = []
    for atom, _ in value.terms:
        match atom:
            case Total():
                found.append(atom)
            case Imputed(source) | Whole(source) | Flag(source):
                found += _totals(source)
            case Call(_, arguments):
                found += [total for argument in arguments for total in _totals(argument)]
    return found


# Where a power is no float32 any more ONNX says infinity, and 0 of what is one over it. NaN stays NaN.
_CALLS: Mapping[str, Callable[..., str]] = {
    "clip": lambda x, least, most: f"min(max({x}, {least}), {most})",
    "exp": lambda x: f"1e999 if {x} >= 88.72283905206835 else exp({x})",
    "max": lambda *x: f"max({', '.join(x)})",
    "product": lambda x, y: f"{x} * {y}",
    "quotient": lambda x, y: f"{x} / {y}",
    "share": lambda x, y: f"{x} / {y} if {y} else {x}",
    "softmax": lambda power, total: f"{power} / {total}",
    "sigmoid": lambda x: f"0.0 if {x} <= -700.0 else 1.0 / (1.0 + exp(-{x}))",
}
