"""Requests that are one matrix of float32 behind their JSON: the same JSON comes again and again, and is read once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec import DecodeError, ValidationError

from mlspec.runtime.binary_tensors import BadTensor, size_of
from mlspec.runtime.infer_request import InferRequest, attached_outputs, read_json
from mlspec.runtime.layouts import in_bounds
from mlspec.runtime.payload import Decoded, Payload, ServingContract

_LONGEST = 4096  # bytes of JSON that are remembered
_MOST = 512  # of them


class Told(NamedTuple):
    """What the JSON says: a matrix of `rows` and `width`, which outputs are wanted, and which of them as bytes."""

    rows: int
    width: int
    id: str
    outputs: list[str]
    attached: list[str] | None


def attached_matrix(contract: ServingContract, payload: Payload) -> Decoded | None:
    """The rows of such a request, not yet held to the contract's bounds; None for all that is to be read closely."""
    body, length = payload.body, payload.json_length
    told = _told(body[:length]) if 0 < length <= _LONGEST and not payload.explain else None
    if told is None or told.width != len(contract.FEATURES) or not 0 < told.rows <= contract.MAX_ROWS:
        return None
    rows = body[length:]
    if len(rows) != 4 * told.rows * told.width or "X" in contract.EXPECTED:
        return None
    return Decoded(rows, told.rows, protocol="v2", id=told.id, outputs=told.outputs, attached=told.attached)


def attached_matrices(contract: ServingContract, payloads: Sequence[Payload]) -> list[Decoded] | None:
    """The rows of several such requests, held to the contract together; None where any is to be read closely."""
    decoded = [attached_matrix(contract, payload) for payload in payloads]
    known = [one for one in decoded if one is not None]
    if len(known) < len(decoded) or not in_bounds(contract, b"".join([one.rows for one in known])):
        return None
    return known


@lru_cache(_MOST)
def _told(json: bytes) -> Told | None:
    try:
        return _of(read_json(json))
    except (DecodeError, ValidationError, UnicodeError, RecursionError, BadTensor):
        return None


def _of(request: InferRequest) -> Told | None:
    tensor = request.inputs[0]
    if len(request.inputs) > 1 or (tensor.name, tensor.datatype) != ("X", "FP32") or len(tensor.shape) != 2:
        return None
    rows, width = tensor.shape
    if size_of(tensor.parameters) != 4 * rows * width or request.parameters.get("explain") is True:
        return None
    return Told(rows, width, request.id, [output.name for output in request.outputs], attached_outputs(request))
