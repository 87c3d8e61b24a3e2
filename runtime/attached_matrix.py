"""Requests that are one matrix of float32 behind their JSON: the same JSON comes again and again, and is read once."""

from functools import lru_cache
from typing import NamedTuple

from msgspec import DecodeError, ValidationError

from mlspec.runtime.binary_tensors import BadTensor, size_of
from mlspec.runtime.infer_request import InferRequest, attached_outputs, flag, read_json
from mlspec.runtime.payload import Decoded, Payload, ServingContract

LONGEST = 4096  # bytes of JSON that are remembered
MOST = 512  # of them


class Told(NamedTuple):
    """What the JSON says: a matrix of `rows` and `width`, which outputs are wanted, and which of them as bytes."""

    rows: int
    width: int
    id: str
    outputs: list[str]
    attached: list[str] | None

    @property
    def size(self) -> int:
        """Bytes of the matrix."""
        return 4 * self.rows * self.width

    def decoded(self, rows: bytes) -> Decoded:
        """With `rows` behind it."""
        return Decoded(rows, self.rows, protocol="v2", id=self.id, outputs=self.outputs, attached=self.attached)


def attached_matrix(contract: ServingContract, payload: Payload) -> Decoded | None:
    """The rows of such a request, not yet held to the contract's bounds; None for all that is to be read closely."""
    body, length = payload.body, payload.json_length
    told = told_by(contract, body[:length]) if 0 < length <= LONGEST and not payload.explain else None
    if told is None or len(body) - length != told.size:
        return None
    return told.decoded(body[length:])


def told_by(contract: ServingContract, json: bytes) -> Told | None:
    """What such JSON says, of at most LONGEST bytes; None where it is another's, or not for this contract."""
    told = _told(json)
    if told is None or told.width != len(contract.FEATURES) or not 0 < told.rows <= contract.MAX_ROWS:
        return None
    return None if "X" in contract.EXPECTED else told


@lru_cache(MOST)
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
    if size_of(tensor.parameters) != 4 * rows * width or flag(request.parameters, "explain", otherwise=False):
        return None
    return Told(rows, width, request.id, [output.name for output in request.outputs], attached_outputs(request))
