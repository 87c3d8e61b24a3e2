"""A CSV body turned into rows: a header line with the columns' names, and an empty field for null (RFC 4180).

Numbers and truths are read out of their text; 7.0 is a whole number here, because CSV has no types to tell by."""

import csv
from io import StringIO
from typing import Any

from mlspec.runtime.payload import Decoded, Payload, Problem, ServingContract, broken
from mlspec.runtime.problems import clean
from mlspec.runtime.tables import decode_table


def decode_csv(contract: ServingContract, payload: Payload) -> Decoded:
    """The rows of a CSV body, UTF-8 with or without a byte order mark; raises Refusal."""
    header, lines = _lines(payload.body)
    names = list(dict.fromkeys(header))
    if len(names) < len(header):
        twice = next(name for name in names if header.count(name) > 1)
        raise broken([Problem(None, clean(twice), "there are two columns of this name")])
    short = [
        Problem(row, None, f"expected {len(header)} fields, got {len(line)}")
        for row, line in enumerate(lines)
        if len(line) != len(header)
    ]
    if short:
        raise broken(short[:100])
    columns = zip(*lines, strict=True) if lines else ([] for _ in names)
    table = {name: [text or None for text in column] for name, column in zip(names, columns, strict=True)}
    return decode_table(contract, table, payload, text=True)


def _lines(body: Any) -> tuple[list[str], list[list[str]]]:
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else str(body)
        lines = [line for line in csv.reader(StringIO(text, newline=""), strict=True) if line]
    except (UnicodeError, csv.Error) as error:
        raise broken([Problem(None, None, f"not CSV: {error}")]) from error
    if not lines:
        raise broken([Problem(None, None, "expected a header line and at least one row, got nothing")])
    return lines[0], lines[1:]
