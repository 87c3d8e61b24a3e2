"""A CSV body turned into rows: a header line with the columns' names, and an empty field for null (RFC 4180).

Numbers and truths are read out of their text; 7.0 is a whole number here, because CSV has no types to tell by. Lines
are read one by one: of a long body, no more is kept than as many rows as are allowed take."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from itertools import islice
from typing import Any, TextIO

from mlspec.runtime.large_bodies import too_many
from mlspec.runtime.payload import Decoded, Payload, Problem, ServingContract, broken
from mlspec.runtime.problems import MOST_PROBLEMS, clean, columns_of, table_problems
from mlspec.runtime.tables import decode_table

_TOLD = 20  # columns, where a header line is missing


def decode_csv(contract: ServingContract, payload: Payload) -> Decoded:
    """The rows of a CSV body, UTF-8 with or without a byte order mark; raises Refusal."""
    try:
        names, lines = _read(contract, _rows(contract, payload.body))
    except (UnicodeError, csv.Error) as error:
        raise broken([Problem(None, None, f"not CSV: {error}")]) from error
    table = {
        name: [text or None for text in column] for name, column in zip(names, zip(*lines, strict=True), strict=True)
    }
    return decode_table(contract, table, payload, text=True)


def _read(contract: ServingContract, rows: Iterator[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The names, and a list of as many fields for each row."""
    names = next(rows, [])
    _check_names(contract, names)
    lines: list[list[str]] = []
    short: list[Problem] = []
    for number, line in enumerate(rows):
        if number == contract.MAX_ROWS:
            raise too_many(contract)
        if len(line) == len(names):
            lines.append(line)
        elif len(short) < MOST_PROBLEMS:
            short.append(Problem(number, None, f"expected {len(names)} fields, got {len(line)}"))
    if short:
        raise broken(short)
    if not lines:
        raise broken([Problem(None, None, "expected a header line and at least one row, got a header line alone")])
    return names, lines


def _check_names(contract: ServingContract, names: list[str]) -> None:
    if not names:
        raise broken([Problem(None, None, "expected a header line and at least one row, got nothing")])
    once = {name: [None] for name in names}
    known = columns_of(contract.Record)
    if not once.keys() & known.keys():
        wanted = [name for name, field in known.items() if field.required]
        told = ", ".join(wanted[:_TOLD]) + (", ..." if len(wanted) > _TOLD else "")
        raise broken([Problem(None, None, f"the first line names no column; expected a header line: {told}")])
    if len(once) < len(names):
        twice = next(name for name in once if names.count(name) > 1)
        raise broken([Problem(None, clean(twice), "there are two columns of this name")])
    if once.keys() - known.keys():  # and there may be any number of them in each row
        raise broken(list(islice(table_problems(once, contract), MOST_PROBLEMS)))


def _rows(contract: ServingContract, body: Any) -> Iterator[list[str]]:
    """The fields of each line that is not blank."""
    text: TextIO
    if isinstance(body, bytes):
        text = TextIOWrapper(BytesIO(body), "utf-8-sig", newline="")
    else:
        text = StringIO(str(body), newline="")
    longest = len(contract.Record.__struct_fields__) * (2 * csv.field_size_limit() + 3)  # each character a quote, twice
    lines = _Lines(text, longest)
    for fields in csv.reader(lines, strict=True):
        lines.taken = 0
        if fields:
            yield fields


class _Lines:
    """Lines of a text, of which one row takes no more than `longest` characters; `taken` is how many it has so far."""

    def __init__(self, text: TextIO, longest: int) -> None:
        self._text = text
        self._longest = longest
        self.taken = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._longest + 1)
        self.taken += len(line)
        if self.taken > self._longest:
            raise csv.Error(f"a row has more than {self._longest} characters")
        if not line:
            raise StopIteration
        return line
