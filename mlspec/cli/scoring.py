"""Rows sent to a model in requests that it takes, and what it says of each: a prediction, or why there is none."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlspec.cli.row_files import Row
from mlspec.cli.row_values import plain

Answer = Mapping[str, Any]
Ask = Callable[[dict[str, Any]], tuple[int, Answer]]  # a request -> HTTP status and answer
Predictions = list[Mapping[str, Any] | None]
Asked = tuple[Row, Row]  # a row, and what the model takes of it
Part = tuple[int, list[Asked]]  # the number of its first row, from 0

_BYTES = 4_000_000  # of one request: below the 6 MB that a Lambda function takes
_TOO_MUCH = 413
_encoded = json.JSONEncoder(default=str).encode


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: rows count from 1, as they stand in the file; None where it is no row's alone."""

    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        from mlspec.runtime.client_calls import told

        return told(self.row, self.column, self.reason)


@dataclass(frozen=True)
class Lot:
    """Rows that were asked for together, `first` before them: a prediction each, None where the row was refused, and
    why. There are none where the model refused to answer at all."""

    first: int
    rows: list[Row]
    predictions: Predictions
    problems: list[Problem]


@dataclass
class Outcome:
    """What came of it: `status` is the first that was not 200, with its `answer`; nothing was asked after it, unless it
    refused rows alone. `said`: which model, release and version answered."""

    said: dict[str, str] = field(default_factory=dict)
    status: int = 200
    answer: Mapping[str, Any] = field(default_factory=dict)


def score(ask: Ask, rows: Iterable[Asked], outcome: Outcome, *, most: int, partial: bool) -> Iterator[Lot]:
    """Ask for predictions of `rows`, at most `most` in a request; `partial`: bad rows are refused alone. A lot comes
    when it is answered; `outcome` holds when there are no more."""
    refusal = Outcome()
    for first, part, status, answer in _answered(ask, _parts(rows, most), partial):
        if partial and _refuses_rows(status, answer):  # not one of these is good; those after them may be
            refusal = Outcome({}, status, answer)
            answer = {**answer, "predictions": [None] * len(part)}
        elif status != 200:
            outcome.status, outcome.answer = status, answer
            yield Lot(first, [], [], list(_problems(answer, first)))
            return
        else:
            outcome.said = {name: str(answer[name]) for name in ("model", "release", "version")}
        yield Lot(first, [row for row, _ in part], answer["predictions"], list(_problems(answer, first)))
    if not outcome.said:
        outcome.status, outcome.answer = refusal.status, refusal.answer


def _answered(ask: Ask, parts: Iterable[Part], partial: bool) -> Iterator[tuple[int, list[Asked], int, Answer]]:
    """Each part with its answer; where one is too much for the server, or its answer is, its halves."""
    for first, part in parts:
        status, answer = ask({"records": [sent for _, sent in part], **({"partial": True} if partial else {})})
        half = len(part) // 2
        if status == _TOO_MUCH and half:
            yield from _answered(ask, [(first, part[:half]), (first + half, part[half:])], partial)
        else:
            yield first, part, status, answer


def _refuses_rows(status: int, answer: Mapping[str, Any]) -> bool:
    from mlspec.runtime.client_calls import problems_of

    problems = problems_of(answer)
    return status == 400 and bool(problems) and all(problem.row is not None for problem in problems)


def _parts(rows: Iterable[Asked], most: int) -> Iterator[Part]:
    """The rows, and as JSON has them, in lots that a request may hold."""
    lot: list[Asked] = []
    size = first = 0
    for number, (row, features) in enumerate(rows):
        record = {name: _sent(value) for name, value in features.items()}
        length = len(_encoded(record))
        if lot and (len(lot) == most or size + length > _BYTES):
            yield first, lot
            lot, size, first = [], 0, number
        lot.append((row, record))
        size += length
    if lot:
        yield first, lot


def _sent(value: Any) -> Any:
    """A column's value; what no column holds goes as text, which the model refuses by its row."""
    value = plain(value)
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _problems(answer: Mapping[str, Any], first: int) -> Iterator[Problem]:
    """The problems that the answer lists; a refused row that it has no room to say more of is told all the same."""
    from mlspec.runtime.client_calls import problems_of

    told = set()
    for row, column, reason in problems_of(answer):
        told.add(row)
        yield Problem(None if row is None else first + row + 1, column, reason)
    for row, prediction in enumerate(answer.get("predictions", ())):
        if prediction is None and row not in told:
            yield Problem(first + row + 1, None, "refused; the answer lists the first problems only")


def flat(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction as columns: probabilities of classes and several values become one each, `<name>.<key>`."""
    columns: dict[str, Any] = {}
    for name, value in prediction.items():
        if isinstance(value, Mapping):
            columns |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            columns[name] = value
    return columns
