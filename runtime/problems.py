"""A request that the contract refuses, turned into the list of what is wrong with it: one problem for each bad field.

Nothing here runs for a good request. Each value is judged by the very type that the decoder judged it by."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple

from msgspec import Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

MOST_PROBLEMS = 100
_LONGEST_ECHO = 40


class Problem(NamedTuple):
    """What is wrong in which row and column; None where it is not about one."""

    row: int | None
    column: str | None
    reason: str


def find_problems(document: Any, record: type[Struct], expected: Mapping[str, str]) -> list[Problem]:
    """The first problems of a decoded request; `expected` says in words what each column of `record` may hold."""
    return list(islice(_in_document(document, record, expected), MOST_PROBLEMS))


def _in_document(document: Any, record: type[Struct], expected: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(document, dict):
        yield Problem(None, None, f"expected an object with the key records, got {_shown(document)}")
        return
    for key in document:
        if key != "records":
            yield Problem(None, _clean(key), "unknown key; the only key is records")
    rows = document.get("records", ...)
    if not isinstance(rows, list) or not rows:
        yield Problem(None, "records", f"expected a list of at least one record, got {_shown(rows)}")
        return
    columns = {field.encode_name: field for field in fields(record)}
    for number, row in enumerate(rows):
        yield from _in_row(number, row, columns, expected)


def _in_row(number: int, row: Any, columns: Mapping[str, FieldInfo], expected: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(row, dict):
        yield Problem(number, None, f"expected an object of columns and values, got {_shown(row)}")
        return
    for name, field in columns.items():
        value = row.get(name, ...)
        if not _fits(value, field):
            yield Problem(number, _clean(name), f"expected {expected[name]}, got {_shown(value)}")
    for name in row:
        if name not in columns:
            yield Problem(number, _clean(name), "unknown column")


def _fits(value: Any, field: FieldInfo) -> bool:
    if value is ...:
        return not field.required
    try:
        convert(value, field.type)
    except (ValidationError, OverflowError):
        return False
    return True


def _shown(value: Any) -> str:
    """The value in JSON's words, cut short; what has more than one part is named only."""
    match value:
        case value if value is ...:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return "a list" if value else "an empty list"
        case float() if not isfinite(value):
            return "a number that is not finite"
        case _:
            text = json.dumps(value)
            return text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "..."


def _clean(name: str) -> str:
    """A key that can be sent back: JSON can spell halves of a character, which UTF-8 cannot."""
    return name.encode("utf-8", "backslashreplace").decode()
