"""A table of lists, one a column, turned into the rows of a model: what CSV, tensors and refused columns become."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, get_args

from msgspec import convert

from mlspec.runtime.payload import Decoded, Payload, Problem, ServingContract, broken, check_count
from mlspec.runtime.problems import MOST_PROBLEMS, columns_of, table_problems, value_problems
from mlspec.runtime.requests import REFUSALS


def decode_table(
    contract: ServingContract,
    table: Mapping[str, Any],
    payload: Payload,
    *,
    text: bool = False,
    refused: Exception | None = None,
) -> Decoded:
    """The rows of `table`; `text`: its values are CSV's, texts or None. Raises Refusal.

    `refused` is why a first try was given up: it is told where nothing else is found."""
    wrong = list(islice(table_problems(table, contract), MOST_PROBLEMS))
    if wrong:
        raise broken(wrong)
    used = {name: table[name] for name, field in columns_of(contract.Record).items() if field.required}
    total = len(next(iter(used.values())))
    check_count(total, contract)
    try:
        rows = _assembled(contract, used, total, text=text)
    except REFUSALS as error:
        return _good_rows(contract, used, payload, text=text, refused=refused or error)
    if refused is not None:
        raise broken([Problem(None, None, str(refused))])
    return Decoded(rows, total, payload.partial, payload.explain)


def _assembled(contract: ServingContract, used: Mapping[str, list[Any]], rows: int, *, text: bool) -> bytes:
    if text:
        kinds = {name: field.type for name, field in columns_of(contract.Record).items()}
        used = {name: _read(values, kinds[name]) for name, values in used.items()}
    return contract.assemble_columns(convert(used, contract.Columns), rows)


def _read(values: list[Any], kind: Any) -> list[Any]:
    found: list[Any] = convert(values, list[kind], strict=not lax(kind, True))
    return found


def _good_rows(
    contract: ServingContract, used: Mapping[str, list[Any]], payload: Payload, *, text: bool, refused: Exception
) -> Decoded:
    found = (
        problem
        for name, values in used.items()
        for problem in value_problems(name, values, contract, text=lax(columns_of(contract.Record)[name].type, text))
    )
    if not payload.partial:
        raise broken(list(islice(found, MOST_PROBLEMS)) or [Problem(None, None, str(refused))])
    problems = list(found)
    bad = {problem.row for problem in problems}
    total = len(next(iter(used.values())))
    places = [row for row in range(total) if row not in bad]
    listed = sorted(problems, key=lambda problem: problem.row or 0)[:MOST_PROBLEMS]
    if not places or not bad:
        raise broken(listed or [Problem(None, None, str(refused))])
    kept = {name: [values[row] for row in places] for name, values in used.items()}
    rows = _assembled(contract, kept, len(places), text=text)
    return Decoded(rows, len(places), True, payload.explain, total=total, places=places, problems=listed)


def lax(kind: Any, text: bool) -> bool:
    """Whether a value of this type is read out of text; a time is never a number of seconds."""
    return text and kind is not datetime and datetime not in get_args(kind)
