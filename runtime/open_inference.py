"""Open Inference Protocol v2 requests (kserve/open-inference-protocol, rest/inference_rest.md) turned into rows.

One input a column, shape [rows] or [rows, 1]; or one FP32 input `X`, [rows, features], in the layout of training."""

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import Any

from msgspec import DecodeError, ValidationError, convert
from msgspec.structs import replace

from mlspec.runtime.attached_matrix import attached_matrix
from mlspec.runtime.binary_tensors import BadTensor, parts_of, size_of, values_of
from mlspec.runtime.infer_request import InferRequest, Tensor, attached_outputs, flag, read_json
from mlspec.runtime.large_bodies import check_tensors
from mlspec.runtime.layouts import decode_bytes, decode_matrix, in_bounds
from mlspec.runtime.payload import Decoded, Payload, Problem, Refusal, ServingContract, check_count
from mlspec.runtime.problems import MOST_PROBLEMS
from mlspec.runtime.tables import decode_table

WHOLE = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
NUMBERS = ("FP16", "FP32", "FP64", *WHOLE)
_MOST_SHOWN = 5


def decode_v2(contract: ServingContract, payload: Payload) -> Decoded:
    """The rows of an inference request; raises Refusal with the protocol's `{"error": text}`."""
    decoded = attached_matrix(contract, payload)
    if decoded is not None and in_bounds(contract, decoded.rows):
        return decoded
    try:
        return _decoded(contract, payload)
    except Refusal as refusal:
        raise Refusal(refusal.status, {"error": _in_one_text(refusal.body)}) from refusal


def _decoded(contract: ServingContract, payload: Payload) -> Decoded:
    body = payload.body
    if isinstance(body, bytes):
        check_tensors(contract, body[: payload.json_length] if payload.json_length else body)
    try:
        if payload.json_length:
            request = read_json(body[: payload.json_length])
            raw = _attached(request, body[payload.json_length :])
        else:
            request, raw = (read_json(body) if isinstance(body, bytes) else convert(body, InferRequest)), None
        attached = attached_outputs(request) if isinstance(body, bytes) else []
        explain = payload.explain or flag(request.parameters, "explain", otherwise=False)
    except (DecodeError, ValidationError, UnicodeError, RecursionError, BadTensor) as error:
        raise _refused(str(error)) from error
    tensors = {tensor.name: tensor for tensor in request.inputs}
    if len(tensors) < len(request.inputs):
        raise _refused("two inputs have the same name")
    for tensor in request.inputs:
        _check_shape(tensor, None if raw is None else len(raw) / 4)
    asked = Payload(body, explain=explain)
    if "X" in tensors and "X" not in contract.EXPECTED:
        decoded = _matrix(contract, tensors, asked, raw)
    else:
        decoded = _by_column(contract, tensors, asked)
    outputs = [output.name for output in request.outputs]
    return replace(decoded, protocol="v2", id=request.id, outputs=outputs, attached=attached)


def _attached(request: InferRequest, rest: bytes) -> bytes | None:
    """Put the values that follow the JSON into their tensors; a matrix alone stays as it is, and is handed back."""
    parts = parts_of(rest, [size_of(tensor.parameters) for tensor in request.inputs])
    first = request.inputs[0]
    if len(parts) == 1 and parts[0] is not None and (first.name, first.datatype) == ("X", "FP32"):
        return parts[0]
    for tensor, part in zip(request.inputs, parts, strict=True):
        if part is not None:
            tensor.data = values_of(tensor.datatype, part)
    return None


def _by_column(contract: ServingContract, tensors: dict[str, Tensor], asked: Payload) -> Decoded:
    for tensor in tensors.values():
        if len(tensor.shape) not in (1, 2) or tensor.shape[1:] not in ([], [1]):
            raise _refused(f"input {tensor.name}: expected shape [rows] or [rows, 1], got {tensor.shape}")
        allowed = _datatypes(contract.EXPECTED.get(tensor.name, ""))
        if allowed and tensor.datatype not in allowed:
            raise _refused(f"input {tensor.name}: expected datatype {' or '.join(allowed)}, got {tensor.datatype}")
    return decode_table(contract, {name: _flat(tensor) for name, tensor in tensors.items()}, asked)


def _datatypes(expected: str) -> tuple[str, ...]:
    """Which datatypes can hold what a column expects; any for one that is not used."""
    match expected.split()[:2]:
        case ["a", "number"]:
            return NUMBERS
        case ["a", "whole"]:
            return WHOLE
        case ["true", "or"]:
            return ("BOOL",)
        case []:
            return ()
        case _:
            return ("BYTES",)


def _matrix(contract: ServingContract, tensors: dict[str, Tensor], asked: Payload, raw: bytes | None) -> Decoded:
    tensor, width = tensors["X"], len(contract.FEATURES)
    if len(tensors) > 1:
        raise _refused("the input X has all features: there can be no other input")
    if len(tensor.shape) != 2 or tensor.shape[1] != width or tensor.datatype != "FP32":
        raise _refused(f"input X: expected FP32 of shape [rows, {width}], got {tensor.datatype} of {tensor.shape}")
    if not tensor.shape[0]:
        raise _refused("input X has no rows")
    check_count(tensor.shape[0], contract)
    return decode_matrix(contract, _flat(tensor), asked) if raw is None else decode_bytes(contract, raw, asked)


def _check_shape(tensor: Tensor, attached: float | None) -> None:
    size = prod(tensor.shape)
    found = len(_flat(tensor)) if attached is None else attached
    if found != size:
        raise _refused(f"input {tensor.name}: shape {tensor.shape} holds {size} values, data has {found:g}")


def _flat(tensor: Tensor) -> list[Any]:
    """The values in row-major order; data may be nested as deep as the shape is, and then in its parts."""
    data = tensor.data
    for size in tensor.shape[1:]:
        if data and all(isinstance(part, list) for part in data):
            if any(len(part) != size for part in data):
                raise _refused(f"input {tensor.name}: its lists are not as long as shape {tensor.shape} says")
            data = [value for part in data for value in part]
    return data


def _refused(text: str) -> Refusal:
    return Refusal(400, {"error": text})


def _in_one_text(body: dict[str, Any]) -> str:
    """The protocol has one text for all that is wrong."""
    if "problems" in body:
        texts = list(islice(_texts(body["problems"]), _MOST_SHOWN))
        more = len(body["problems"]) - len(texts)
        most = "at least " if len(body["problems"]) == MOST_PROBLEMS else ""
        return "; ".join(texts) + (f"; and {most}{more} more" if more else "")
    return ": ".join(str(body[key]) for key in ("error", "reason") if key in body)


def _texts(problems: list[dict[str, Any]]) -> Iterator[str]:
    for problem in (Problem(**problem) for problem in problems):
        places = (("row", problem.row), ("input", problem.column))
        where = ", ".join(f"{word} {place}" for word, place in places if place is not None)
        yield f"{where}: {problem.reason}" if where else problem.reason
