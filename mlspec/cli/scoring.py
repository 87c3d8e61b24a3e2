"""Rows sent to a model in requests that it takes, and what it says of each: a prediction, or why there is none."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlspec.cli.row_files import plain

Ask = Callable[[dict[str, Any]], tuple[int, Mapping[str, Any]]]  # a request -> HTTP status and answer
Predictions = list[Mapping[str, Any] | None]

_BYTES = 4_000_000  # of one request: below the 6 MB that a Lambda function takes


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: rows count from 1, as they stand in the file; None where it is no row's alone."""

    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        from mlspec.runtime.client_calls import told

        return told(self.row, self.column, self.reason)


@dataclass
class Scored:
    """All answers: a prediction a row, None where the row was refused, and why. `status` is the first that was not
    200, with its `answer`; nothing was asked after it, unless it refused rows alone. `said`: which model, release and
    version answered."""

    predictions: Predictions = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    status: int = 200
    answer: Mapping[str, Any] = field(default_factory=dict)


def score(
    ask: Ask, rows: Sequence[Mapping[str, Any]], *, most: int, partial: bool, done: Callable[[int], None]
) -> Scored:
    """Ask for predictions of `rows`, at most `most` in a request; `partial`: bad rows are refused alone. `done` is told
    how many rows each answer was about."""
    scored, refusal = Scored(), Scored()
    for first, part in _parts(rows, most):
        status, answer = ask({"records": part, **({"partial": True} if partial else {})})
        if partial and _refuses_rows(status, answer):  # not one of these is good; those after them may be
            refusal.status, refusal.answer = status, answer
            answer = {**answer, "predictions": [None] * len(part)}
        elif status != 200:
            scored.status, scored.answer = status, answer
            scored.problems += _problems(answer, first)
            return scored
        else:
            scored.said = {name: str(answer[name]) for name in ("model", "release", "version")}
        scored.predictions += answer["predictions"]
        scored.problems += _problems(answer, first)
        done(len(part))
    if not scored.said:
        scored.status, scored.answer = refusal.status, refusal.answer
    return scored


def _refuses_rows(status: int, answer: Mapping[str, Any]) -> bool:
    problems = answer.get("problems") or [{"row": None}]
    return status == 400 and all(problem["row"] is not None for problem in problems)


def _parts(rows: Sequence[Mapping[str, Any]], most: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The rows as JSON has them, in lots that a request may hold, each with the number of its first row from 0."""
    lot: list[dict[str, Any]] = []
    size = first = 0
    for number, row in enumerate(rows):
        record = {name: _sent(value) for name, value in row.items()}
        length = len(json.dumps(record, default=str))
        if lot and (len(lot) == most or size + length > _BYTES):
            yield first, lot
            lot, size, first = [], 0, number
        lot.append(record)
        size += length
    if lot:
        yield first, lot


def _sent(value: Any) -> Any:
    """A column's value; what no column holds goes as text, which the model refuses by its row."""
    value = plain(value)
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _problems(answer: Mapping[str, Any], first: int) -> Iterator[Problem]:
    """The problems that the answer lists; a refused row that it has no room to say more of is told all the same."""
    told = set()
    for problem in answer.get("problems", ()):
        row = problem["row"]
        told.add(row)
        yield Problem(None if row is None else first + row + 1, problem["column"], problem["reason"])
    for row, prediction in enumerate(answer.get("predictions", ())):
        if prediction is None and row not in told:
            yield Problem(first + row + 1, None, "refused; the answer lists the first problems only")


def with_predictions(rows: Sequence[Mapping[str, Any]], scored: Scored) -> list[dict[str, Any]]:
    """Each row with what the model says of it, and `problem`: why it says nothing. A prediction's name that is one of
    the row's too is written `predicted_<name>`."""
    reasons: dict[int | None, list[str]] = {}
    for problem in scored.problems:
        text = f"{problem.column}: {problem.reason}" if problem.column else problem.reason
        reasons.setdefault(problem.row, []).append(text)
    names = list({name: None for one in scored.predictions if one for name in flat(one)})
    taken = {name for row in rows for name in row}
    titles = {name: f"predicted_{name}" if name in taken else name for name in names}
    found = []
    for number, (row, prediction) in enumerate(zip(rows, scored.predictions, strict=True), start=1):
        values = flat(prediction or {})
        told = {titles[name]: values.get(name) for name in names}
        found.append({**row, **told, "problem": "; ".join(reasons.get(number, [])) or None})
    return found


def flat(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction as columns: probabilities of classes and several values become one each, `<name>.<key>`."""
    columns: dict[str, Any] = {}
    for name, value in prediction.items():
        if isinstance(value, Mapping):
            columns |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            columns[name] = value
    return columns
