"""What `mlspec predict` says of its answers: the first of them to people, all to machines."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlspec.cli.scoring import Lot, Outcome, Predictions, Problem, flat
from mlspec.cli.terminal import say, show_json, table

_SHOWN = 100  # rows, and problems


class PredictionReport:
    """Counts of what was answered and, but for machines (`everything`), no more of it than is shown."""

    def __init__(self, *, everything: bool) -> None:
        self._everything = everything
        self._good: list[tuple[int, Mapping[str, Any]]] = []
        self._predictions: Predictions = []
        self._problems: list[Problem] = []
        self._rows = self._predicted = 0
        self.refused = 0

    def add(self, lot: Lot) -> None:
        """Count a lot."""
        good = [(n, one) for n, one in enumerate(lot.predictions, start=lot.first + 1) if one is not None]
        self._rows += len(lot.predictions)
        self._predicted += len(good)
        self.refused += len(lot.problems)
        if self._everything:
            self._predictions += lot.predictions
            self._problems += lot.problems
            return
        self._good += [(n, flat(one)) for n, one in good[: _SHOWN - len(self._good)]]
        self._problems += lot.problems[: _SHOWN - len(self._problems)]

    def tell(self, outcome: Outcome, out: Path | None) -> None:
        """Say it, when there is no more to come."""
        if self._everything:
            show_json(self._document(outcome))
        elif outcome.status != 200:
            answer = outcome.answer
            say(f"{outcome.status} {answer.get('error', '')} {answer.get('reason', '')}".rstrip(), "bad")
            self._tell_problems("")
            if outcome.said:
                say(f"  {self._rows} rows before that were answered", "dim")
        else:
            self._show(outcome.said, out)

    def _document(self, outcome: Outcome) -> dict[str, Any]:
        problems = [{"row": p.row, "column": p.column, "reason": p.reason} for p in self._problems]
        if outcome.status != 200:
            return {"status": outcome.status, **outcome.answer, **({"problems": problems} if problems else {})}
        return {"status": 200, **outcome.said, "predictions": self._predictions, "problems": problems}

    def _show(self, said: Mapping[str, str], out: Path | None) -> None:
        say(f"release {said['release']}, version {said['version']}")
        if out is not None:
            say(f"{self._predicted:,} of {self._rows:,} rows predicted, written to {out}")
        elif self._good:
            headings = list(self._good[0][1])
            table(["row", *headings], [[number, *(_cell(one, h) for h in headings)] for number, one in self._good])
            _more(self._predicted, "rows; --out FILE writes all")
        self._tell_problems("bad")

    def _tell_problems(self, style: str) -> None:
        for problem in self._problems:
            say(f"  {problem}", style)
        _more(self.refused, "problems; --json tells all")


def _more(count: int, what: str) -> None:
    if count > _SHOWN:
        say(f"  and {count - _SHOWN:,} more {what}", "dim")


def _cell(prediction: Mapping[str, Any], heading: str) -> Any:
    value = prediction.get(heading, "")
    return f"{value[0]:.4g}, ... ({len(value)} numbers)" if isinstance(value, list) else value
