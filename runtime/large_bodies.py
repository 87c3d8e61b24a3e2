"""Large bodies decoded in the memory that as many rows as are allowed take, whatever was sent.

A few bytes of JSON become an object each: what is asked for `max_rows` rows may hold millions of values. Those of a
large body are counted in its text first, and one that has too many is decoded by types that stop at the last row."""

from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType, defstruct
from msgspec.json import Decoder, decode
from msgspec.structs import FieldInfo, fields

from mlspec.runtime.payload import LARGE, Problem, Refusal, ServingContract, broken

_CHUNK = 64 * 1024
_NULL = Raw(b"null")


def decode_large(contract: ServingContract, body: bytes) -> Any:
    """As contract.decode, for a body of any size; raises Refusal (400, 413) and msgspec's errors."""
    return _decode_bounded(contract, body) if exceeds(contract, body) else contract.decode(body)


def check_tensors(contract: ServingContract, body: bytes) -> None:
    """Raise Refusal (413) for an Open Inference request with more values than its rows can have, each in a list."""
    if exceeds(contract, body, times=2):
        reason = f"more values than {contract.MAX_ROWS} records have; one request takes no more records"
        raise Refusal(413, {"error": "too many rows", "reason": reason})


def exceeds(contract: ServingContract, body: bytes, *, times: int = 1) -> bool:
    """Whether JSON holds more values than `max_rows` rows of all columns have, `times` over."""
    if len(body) < LARGE:
        return False
    most = times * (contract.MAX_ROWS + 1) * (len(contract.Record.__struct_fields__) + 2)
    return _weight(body) > most and sum(map(_weight, _outside_texts(body))) > most


def too_many(contract: ServingContract) -> Refusal:
    """The refusal of rows that were not counted to their end."""
    reason = f"more than {contract.MAX_ROWS} records; one request takes no more"
    return Refusal(413, {"error": "too many rows", "reason": reason})


def _weight(body: bytes) -> int:
    """As many as there are values, or more: each follows a comma, or begins what it is in."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _outside_texts(body: bytes) -> Iterator[bytes]:
    """What stands outside of JSON's texts, chunk by chunk; no escape is cut in two."""
    start, inside = 0, False
    while start < len(body):
        end = start + _CHUNK
        while body[end - 1 : end] == b"\\":
            end += 1
        parts = body[start:end].replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        yield b"".join(parts[inside::2])
        inside ^= len(parts) % 2 == 0
        start = end


def _decode_bounded(contract: ServingContract, body: bytes) -> Any:
    """Rows are counted as they are made, columns before they are; what the model does not use is not looked into."""
    record, columns = _record(contract), _columns(contract)
    kinds = [
        ("records", Annotated[list[record], Meta(min_length=1)] | UnsetType, UNSET),  # type: ignore[valid-type]
        ("columns", columns | UnsetType, UNSET),
        ("partial", bool, False),
        ("explain", bool, False),
    ]
    request: Any = Decoder(defstruct("Request", kinds, forbid_unknown_fields=True, gc=False)).decode(body)
    if not isinstance(request.columns, UnsetType):
        request.columns = _read_columns(contract, request.columns)
    return request


def _record(contract: ServingContract) -> type[Struct]:
    made = count(1)

    def counted(record: Struct) -> None:
        if next(made) > contract.MAX_ROWS:
            raise too_many(contract)

    kinds = [_kind(field, field.type) for field in fields(contract.Record)]
    return _struct("Record", contract.Record, kinds, namespace={"__post_init__": counted})


def _columns(contract: ServingContract) -> type[Struct]:
    return _struct("Columns", contract.Columns, [_kind(field, Raw) for field in fields(contract.Columns)])


def _kind(field: FieldInfo, kind: Any) -> Any:
    return (field.name, kind) if field.required else (field.name, Raw, _NULL)


def _struct(name: str, known: type[Struct], kinds: Any, **told: Any) -> type[Struct]:
    spelled = {field.name: field.encode_name for field in fields(known)}
    return defstruct(name, kinds, rename=spelled, forbid_unknown_fields=True, kw_only=True, gc=False, **told)


def _read_columns(contract: ServingContract, columns: Any) -> Any:
    used = [field for field in fields(contract.Columns) if field.required]
    for field in used:
        if sum(part.count(b",") for part in _outside_texts(bytes(getattr(columns, field.name)))) >= contract.MAX_ROWS:
            raise too_many(contract)
    return contract.Columns(**{field.name: _read(field, getattr(columns, field.name)) for field in used})


def _read(field: FieldInfo, values: Raw) -> Any:
    try:
        return decode(values, type=field.type)
    except MsgspecError as error:
        name = field.encode_name.encode("utf-8", "backslashreplace").decode()
        raise broken([Problem(None, name, str(error))]) from error
