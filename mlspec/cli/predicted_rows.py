"""Rows joined with what the model says of each, written as the answers come."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mlspec.cli.row_files import Row
from mlspec.cli.row_writing import Written
from mlspec.cli.scoring import Lot, flat
from mlspec.specs.diagnostics import Diagnostic, SpecError

_TOGETHER = 1_000  # rows

Joined = tuple[Row, Mapping[str, Any], str | None]  # a row, its prediction, its problem


class PredictedRows:
    """Each row with its prediction, and `problem`: why it has none. What `taken`, all the rows' columns, has as well is
    written `predicted_<name>`. What predictions are made of is known with the first one: of rows refused before it the
    problems alone are kept, and `again` gives the rows once more."""

    def __init__(self, out: Written, taken: Sequence[str], again: Callable[[], Iterator[Row]]) -> None:
        self._out = out
        self._taken = taken
        self._again = again
        self._titles: dict[str, str] = {}
        self._columns: list[str] = []
        self._refused: list[str | None] = []

    def add(self, lot: Lot) -> None:
        """Write the lot's rows; raises SpecError where the model has come to answer with something else."""
        predictions = [flat(one or {}) for one in lot.predictions]
        names = list(dict.fromkeys(name for one in predictions for name in one))
        problems = _reasons(lot)
        if not names and not self._titles:
            self._refused += problems
            return
        if not self._titles:
            self._begin(names)
        self._write(zip(lot.rows, predictions, problems, strict=True))

    def keep(self) -> None:
        """Every row was asked about: the file is there."""
        self._out.keep()

    def _begin(self, names: Sequence[str]) -> None:
        self._titles = {name: _free(name, self._taken) for name in [*names, "problem"]}
        first = next(self._again(), {})
        self._columns = list(dict.fromkeys([*first, *self._titles.values(), *self._taken]))
        self._write((row, {}, problem) for row, problem in zip(self._again(), self._refused, strict=False))
        self._refused = []

    def _write(self, joined: Iterable[Joined]) -> None:
        left = iter(joined)
        while some := list(islice(left, _TOGETHER)):
            self._out.write([self._row(*one) for one in some], self._columns)

    def _row(self, row: Row, prediction: Mapping[str, Any], problem: str | None) -> Row:
        if not prediction.keys() <= self._titles.keys():
            new = ", ".join(name for name in prediction if name not in self._titles)
            message = f"another model has come to serve while rows were asked about: it answers with {new}"
            raise SpecError([Diagnostic("ML831", message, hint="ask again; nothing was written")])
        values = {**prediction, "problem": problem}
        return {**row, **{title: values.get(name) for name, title in self._titles.items()}}


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name = f"predicted_{name}"
    return name


def _reasons(lot: Lot) -> list[str | None]:
    """Of each row of the lot, what is wrong with it."""
    reasons: dict[int | None, list[str]] = {}
    for problem in lot.problems:
        text = f"{problem.column}: {problem.reason}" if problem.column else problem.reason
        reasons.setdefault(problem.row, []).append(text)
    return ["; ".join(reasons.get(number, [])) or None for number, _ in enumerate(lot.rows, lot.first + 1)]
