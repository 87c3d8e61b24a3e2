"""What a model computes of one row, as values: sums of weighted atoms, so that linear steps fold into one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Union

Number = float | int


@dataclass(frozen=True, slots=True)
class Input:
    """A feature, by its place in the row: a float32 number, or NaN."""

    column: int


@dataclass(frozen=True, slots=True)
class Imputed:
    """`source`, or `value` where that is NaN."""

    source: "Affine"
    value: float


@dataclass(frozen=True, slots=True)
class Whole:
    """`source` without its fraction."""

    source: "Affine"


@dataclass(frozen=True, slots=True)
class Flag:
    """1 where `source` is `key`, else 0."""

    source: "Affine"
    key: Number


@dataclass(frozen=True, slots=True)
class Call:
    """A function of other values: exp, sigmoid, max, clip, product, quotient."""

    function: str
    arguments: tuple["Affine", ...]


@dataclass(frozen=True, slots=True)
class Total:
    """What the trees of one ensemble add up to for one target."""

    ensemble: int
    target: int


Atom = Input | Imputed | Whole | Flag | Call | Total
Value = Union["Affine", float, int]


@dataclass(frozen=True, slots=True)
class Affine:
    """`constant` and the sum of `terms`, each an atom and its weight; no atom is in it twice."""

    terms: tuple[tuple[Atom, float], ...]
    constant: float = 0.0

    @property
    def atom(self) -> Atom | None:
        """The atom that this is, and nothing besides."""
        lone = len(self.terms) == 1 and self.terms[0][1] == 1.0 and self.constant == 0.0
        return self.terms[0][0] if lone else None

    def __add__(self, other: Value) -> "Affine":
        return weighted((self, other), (1.0, 1.0))

    def __sub__(self, other: Value) -> "Affine":
        return weighted((self, other), (1.0, -1.0))

    def __rsub__(self, other: Value) -> "Affine":
        return weighted((other, self), (1.0, -1.0))

    def __mul__(self, other: Value) -> "Affine":
        return call("product", self, other) if isinstance(other, Affine) else weighted((self,), (other,))

    def __truediv__(self, other: Value) -> "Affine":
        return call("quotient", self, other) if isinstance(other, Affine) else weighted((self,), (1 / other,))

    def __rtruediv__(self, other: Value) -> "Affine":
        return call("quotient", other, self)

    def __neg__(self) -> "Affine":
        return weighted((self,), (-1.0,))

    __radd__ = __add__
    __rmul__ = __mul__


def of(atom: Atom) -> Affine:
    """The atom as a value."""
    return Affine(((atom, 1.0),))


def call(function: str, *arguments: Value) -> Affine:
    """A function of values, some of which may be constants."""
    return of(Call(function, tuple(a if isinstance(a, Affine) else Affine((), float(a)) for a in arguments)))


def weighted(values: Iterable[Value], weights: Sequence[Number], constant: float = 0.0) -> Affine:
    """`constant` and the sum of `values`, each times its weight."""
    terms: dict[Atom, float] = {}
    for value, weight in zip(values, weights, strict=True):
        if not isinstance(value, Affine):
            constant += value * weight
            continue
        constant += value.constant * weight
        for atom, factor in value.terms:
            terms[atom] = terms.get(atom, 0.0) + factor * weight
    return Affine(tuple((atom, factor) for atom, factor in terms.items() if factor), float(constant))
