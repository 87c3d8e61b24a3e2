"""A request with something wrong in it, looked at once more: every problem is named, or the good rows are kept."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from msgspec import MsgspecError, convert
from msgspec.json import decode
from msgspec.structs import replace

from mlspec.runtime.large_bodies import exceeds
from mlspec.runtime.payload import Decoded, Payload, Problem, ServingContract, broken, check_count
from mlspec.runtime.problems import MOST_PROBLEMS, clean, record_problems, shown
from mlspec.runtime.requests import REFUSALS
from mlspec.runtime.tables import decode_table

_SWITCHES = ("partial", "explain")


def repaired_json(contract: ServingContract, payload: Payload, refused: Exception) -> Decoded:
    """The good rows of a refused request, where the caller wants them; else raises Refusal with all that is wrong.

    What only msgspec minds, such as a key that is there twice, it says itself: that is `refused`."""
    if isinstance(payload.body, bytes) and exceeds(contract, payload.body):
        raise broken([Problem(None, None, str(refused))])
    document = _document(payload.body)
    problems = list(islice(_document_problems(document), MOST_PROBLEMS))
    rows = document.get("records") if isinstance(document, dict) else None
    if isinstance(rows, list):
        check_count(len(rows), contract)
        if problems or not (payload.partial or document.get("partial") is True):
            found = (problem for number, row in enumerate(rows) for problem in record_problems(number, row, contract))
            problems += islice(found, MOST_PROBLEMS - len(problems))
            raise broken(problems or [Problem(None, None, str(refused))])
        return _good_records(contract, rows, explain=_asked(payload.explain, document))
    if problems:
        raise broken(problems)
    switches = replace(
        payload, partial=payload.partial or document.get("partial") is True, explain=_asked(payload.explain, document)
    )
    return decode_table(contract, document["columns"], switches, refused=refused)


def _asked(before: bool, document: dict[str, Any]) -> bool:
    return before or document.get("explain") is True


def _document(source: Any) -> Any:
    """Decode once more, into whatever there is; from the bytes, which spares a text of up to four times their size,
    unless there is something in it that JSON itself does not have, such as NaN."""
    if not isinstance(source, bytes):
        return source
    with suppress(MsgspecError, UnicodeError, RecursionError):
        return decode(source)
    try:
        return json.loads(source.decode())
    except RecursionError:
        raise broken([Problem(None, None, "the JSON is nested too deeply")]) from None
    except ValueError as error:
        raise broken([Problem(None, None, f"not JSON: {error}")]) from error


def _document_problems(document: Any) -> Iterator[Problem]:
    """What is wrong around the rows."""
    if not isinstance(document, dict):
        yield Problem(None, None, f"expected an object with the key records or columns, got {shown(document)}")
        return
    for key, value in document.items():
        if key in _SWITCHES and not isinstance(value, bool):
            yield Problem(None, key, f"expected true or false, got {shown(value)}")
        elif key not in ("records", "columns", *_SWITCHES):
            yield Problem(None, clean(key), "unknown key; allowed: records or columns, partial, explain")
    rows = document.get("records", ...)
    if "columns" not in document and (not isinstance(rows, list) or not rows):
        yield Problem(None, "records", f"expected a list of at least one record, got {shown(rows)}")
    elif "columns" in document and "records" in document:
        yield Problem(None, "columns", "records are there as well; a request has one of the two")
    elif "columns" in document and not isinstance(document["columns"], dict):
        yield Problem(None, "columns", f"expected an object of columns, got {shown(document['columns'])}")


def _good_records(contract: ServingContract, rows: list[Any], *, explain: bool) -> Decoded:
    problems: list[Problem] = []
    places, parts = [], []
    for number, row in enumerate(rows):
        try:
            parts.append(contract.assemble([convert(row, contract.Record)]))
            places.append(number)
        except REFUSALS as error:
            found = list(record_problems(number, row, contract)) or [Problem(number, None, str(error))]
            problems += found[: MOST_PROBLEMS - len(problems)]
    return partly(b"".join(parts), places, total=len(rows), problems=problems, explain=explain)


def partly(
    rows: bytes, places: list[int], *, total: int, problems: Iterable[Problem], explain: bool = False
) -> Decoded:
    """What is left of a request; raises Refusal where no row is."""
    listed = list(problems)
    if not places:
        raise broken(listed)
    return Decoded(rows, len(places), True, explain, total=total, places=places, problems=listed)
