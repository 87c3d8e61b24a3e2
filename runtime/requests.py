"""A request turned into the rows that a model takes, or into a refusal that says everything that is wrong with it.

The way of a good request is short: one typed decode and one assembly, both generated. All else runs for bad ones."""

from collections.abc import Callable, Mapping
from struct import error as LayoutError  # noqa: N812
from typing import Any

from msgspec import MsgspecError, UnsetType, ValidationError, convert

from mlspec.runtime.payload import LARGE, Decoded, Payload, Refusal, ServingContract, check_count

__all__ = ["REFUSALS", "Decoded", "Payload", "Refusal", "ServingContract", "decode", "plain_records"]

# What decoding and assembling raise for what a caller sent. OverflowError: a time outside the calendar; LayoutError:
# columns that differ in length.
REFUSALS = (MsgspecError, OverflowError, RecursionError, UnicodeError, LayoutError)


def decode(contract: ServingContract, payload: Payload) -> Decoded:
    """The rows of a request in the layout of training; raises Refusal (400, 413, 415)."""
    if payload.protocol == "mlspec" and payload.content_type == "application/json":
        return _json(contract, payload)
    return _other(contract, payload)


def plain_records(contract: ServingContract, body: bytes) -> list[Any] | None:
    """The records of a JSON body that has them and nothing else of note; None for any other. Raises one of REFUSALS."""
    if len(body) >= LARGE:  # to be counted before it is decoded
        return None
    request = contract.decode(body)
    records = request.records
    if request.partial or request.explain or not isinstance(request.columns, UnsetType):
        return None
    return records if isinstance(records, list) and len(records) <= contract.MAX_ROWS else None


def _json(contract: ServingContract, payload: Payload) -> Decoded:
    body = payload.body
    try:
        request = _request(contract, body)
        records, columns = request.records, request.columns
        partial, explain = payload.partial or request.partial, payload.explain or request.explain
        if isinstance(columns, UnsetType) and not isinstance(records, UnsetType):
            check_count(len(records), contract)
            return Decoded(contract.assemble(records), len(records), partial, explain)
        if isinstance(records, UnsetType) and not isinstance(columns, UnsetType):
            return _columns(contract, columns, partial=partial, explain=explain)
    except REFUSALS as refused:  # kept in no variable of this frame: a body would wait for the garbage collector
        return _repaired(contract, payload, refused)
    return _repaired(contract, payload, ValueError("neither or both of records and columns"))


def _repaired(contract: ServingContract, payload: Payload, refused: Exception) -> Decoded:
    from mlspec.runtime.repairs import repaired_json

    return repaired_json(contract, payload, refused)


def _request(contract: ServingContract, body: Any) -> Any:
    if not isinstance(body, bytes):
        return convert(body, contract.Request)
    if len(body) < LARGE:
        return contract.decode(body)
    from mlspec.runtime.large_bodies import decode_large

    return decode_large(contract, body)


def _columns(contract: ServingContract, columns: Any, *, partial: bool, explain: bool) -> Decoded:
    rows = contract.count(columns)
    if not rows:
        raise ValidationError("there are no rows")
    check_count(rows, contract)
    return Decoded(contract.assemble_columns(columns, rows), rows, partial, explain)


def _csv(contract: ServingContract, payload: Payload) -> Decoded:
    from mlspec.runtime.csv_requests import decode_csv

    return decode_csv(contract, payload)


def _v2(contract: ServingContract, payload: Payload) -> Decoded:
    from mlspec.runtime.open_inference import decode_v2

    return decode_v2(contract, payload)


# Late imports: a caller who sends records pays for no other form at a cold start.
_FORMS: Mapping[tuple[str, str], Callable[[ServingContract, Payload], Decoded]] = {
    ("mlspec", "application/json"): _json,
    ("mlspec", "text/csv"): _csv,
    ("v2", "application/json"): _v2,
}


def _other(contract: ServingContract, payload: Payload) -> Decoded:
    kind = payload.content_type.partition(";")[0].strip().lower() or "application/json"
    form = _FORMS.get((payload.protocol, kind))
    if form is None:
        known = " or ".join(sorted(kind for protocol, kind in _FORMS if protocol == payload.protocol))
        raise Refusal(415, {"error": "unsupported media type", "reason": f"send {known}"})
    return form(contract, payload)
