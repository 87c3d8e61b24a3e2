"""What the contract refuses, turned into the list of what is wrong with it: one problem for each bad field.

Nothing here runs for a good request. Each value is judged by the very type that the decoder judged it by."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from msgspec import Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from mlspec.runtime.payload import Problem, ServingContract

MOST_PROBLEMS = 100
_LONGEST_ECHO = 40


def record_problems(number: int, row: Any, contract: ServingContract) -> Iterator[Problem]:
    """What is wrong with one record."""
    if not isinstance(row, dict):
        yield Problem(number, None, f"expected an object of columns and values, got {shown(row)}")
        return
    columns = columns_of(contract.Record)
    for name, field in columns.items():
        value = row.get(name, ...)
        if value is ... and not field.required:
            continue
        if value is ... or not fits(value, field.type):
            yield Problem(number, clean(name), f"expected {contract.EXPECTED[name]}, got {shown(value)}")
    for name in row:
        if name not in columns:
            yield Problem(number, clean(name), "unknown column")


def table_problems(table: Mapping[str, Any], contract: ServingContract) -> Iterator[Problem]:
    """What is wrong with a table of lists as such, whatever their values: no row of it can be told."""
    columns = columns_of(contract.Record)
    lengths: dict[str, int] = {}
    for name, field in columns.items():
        values = table.get(name, ...)
        if not field.required:
            continue
        if not isinstance(values, list) or not values:
            yield Problem(None, clean(name), f"expected a list of at least one value, got {shown(values)}")
        else:
            lengths[name] = len(values)
    for name in table:
        if name not in columns:
            yield Problem(None, clean(name), "unknown column")
    first = next(iter(lengths), "")
    for name, length in lengths.items():
        if length != lengths[first]:
            yield Problem(None, clean(name), f"{length} values, where {clean(first)} has {lengths[first]}")


def value_problems(name: str, values: list[Any], contract: ServingContract, *, text: bool) -> Iterator[Problem]:
    """What is wrong with the values of a column that is as long as it should be; `text`: they are CSV's."""
    kind = columns_of(contract.Record)[name].type
    if not fits(values, list[kind], text=text):  # type: ignore[valid-type]
        for row, value in enumerate(values):
            if not fits(value, kind, text=text):
                yield Problem(row, clean(name), f"expected {contract.EXPECTED[name]}, got {shown(value)}")


def columns_of(record: type[Struct]) -> dict[str, FieldInfo]:
    """The fields of a record, by the names that callers know."""
    return {field.encode_name: field for field in fields(record)}


def fits(value: Any, kind: Any, *, text: bool = False) -> bool:
    """Whether the value is of that type and in its bounds, and a time one that the calendar has in UTC too."""
    try:
        found = convert(value, kind, strict=not text)
        if isinstance(found, datetime) and found.tzinfo is not None:
            found.astimezone(UTC)
    except (ValidationError, OverflowError, UnicodeError):  # the last of half a character, which JSON can spell
        return False
    return True


def shown(value: Any) -> str:
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
        case str() if len(value) > _LONGEST_ECHO:
            return json.dumps(value[:_LONGEST_ECHO])[:_LONGEST_ECHO] + "..."
        case _:
            text = json.dumps(value)
            return text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "..."


def clean(name: str) -> str:
    """A key that can be sent back: JSON can spell halves of a character, which UTF-8 cannot."""
    return name.encode("utf-8", "backslashreplace").decode()
