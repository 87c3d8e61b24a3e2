"""Scores turned into the output tensors of the Open Inference Protocol v2, in the reply's JSON or behind it."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from msgspec.json import Encoder

from mlspec.runtime.answers import THRESHOLD
from mlspec.runtime.payload import Decoded, Refusal, WithTensors
from mlspec.runtime.replies import Replying

_encode = Encoder().encode


class Output(NamedTuple):
    """One tensor; its values are made when they are wanted."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Callable[[], Sequence[Any]]


def encode_v2(
    release: Replying, decoded: Decoded, scores: Any, explanations: Sequence[Mapping[str, Any]] | None
) -> bytes:
    """`{"model_name", "model_version", "id", "outputs"}`: the outputs that the caller named, or all.

    `scores` are lists, or an array where each is one number. WithTensors where any is wanted as bytes."""
    outputs = _outputs(release, scores)
    if explanations is not None:
        outputs += _explanations(explanations)
    attached = decoded.attached
    described, tensors = [], []
    for output in _wanted(outputs, decoded.outputs):
        if attached is None or output.name in attached:
            tensors.append(_bytes(output))
            described.append(_description(*output[:3], len(tensors[-1])))
        else:
            described.append(_description(*output[:3]) + _encode(_plain(output.data())) + b"}")
    head = _head(release.model, release.release)
    named = b',"id":' + _encode(decoded.id) if decoded.id else b""
    json = b'%b%b,"outputs":[%b]}' % (head, named, b",".join(described))
    return WithTensors.of(json, tensors) if tensors else json


@lru_cache(8)
def _head(model: str, release: str) -> bytes:
    return _encode({"model_name": model, "model_version": release})[:-1]


@lru_cache(1024)
def _description(name: str, datatype: str, shape: tuple[int, ...], size: int | None = None) -> bytes:
    """The JSON of an output whose `size` bytes are elsewhere; without, as far as its data."""
    told = {"name": name, "datatype": datatype, "shape": shape}
    if size is None:
        return _encode(told)[:-1] + b',"data":'
    return _encode({**told, "parameters": {"binary_data_size": size}})


def _plain(values: Any) -> Sequence[Any]:
    """Values that are an array as a list."""
    listed: Sequence[Any] = values if isinstance(values, list | tuple) else values.tolist()
    return listed


def _bytes(output: Output) -> bytes:
    from mlspec.runtime.binary_tensors import bytes_of

    values: Any = output.data()
    if isinstance(values, list | tuple):
        return bytes_of(output.datatype, values)
    array: bytes = values.tobytes()
    return array


def _wanted(outputs: list[Output], names: Sequence[str]) -> list[Output]:
    if not names:
        return outputs
    known = {output.name: output for output in outputs}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refusal(400, {"error": f"there is no output {unknown[0]!a}; the outputs are {', '.join(known)}"})
    if len(set(names)) < len(names):
        raise Refusal(400, {"error": "two outputs have the same name"})
    return [known[name] for name in names]


def _outputs(release: Replying, scores: Any) -> list[Output]:
    """The outputs by the kind of answer; scores are what float32 models gave, so FP32 tells all of them."""
    rows = len(scores)
    match release.kind:
        case "binary":
            return [
                Output("probability", "FP32", (rows,), lambda: scores),
                Output("label", "BOOL", (rows,), lambda: _reached(scores)),
            ]
        case "multiclass":
            shape = (rows, len(release.names))
            return [
                Output("class", "BYTES", (rows,), lambda: [str(release.names[row.index(max(row))]) for row in scores]),
                Output("probabilities", "FP32", shape, lambda: list(chain.from_iterable(scores))),
            ]
        case "values":
            columns = zip(release.names, zip(*scores, strict=True), strict=True)
            return [Output(name, "FP32", (rows,), partial(_same, column)) for name, column in columns]
        case "embedding":
            return [Output("embedding", "FP32", (rows, len(scores[0])), lambda: list(chain.from_iterable(scores)))]
        case _:
            return [Output("value", "FP32", (rows,), lambda: scores)]


def _reached(scores: Any) -> Any:
    return [score >= THRESHOLD for score in scores] if isinstance(scores, list) else scores >= THRESHOLD


def _same(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _explanations(explanations: Sequence[Mapping[str, Any]]) -> list[Output]:
    """What each column adds, in the order of the first row's columns; of several outputs, to each of them."""
    each = [list(row["outputs"].values()) if "outputs" in row else [row] for row in explanations]
    names = list(each[0][0]["values"])
    rows = (len(each), len(each[0])) if "outputs" in explanations[0] else (len(each),)
    base = [one["base"] for row in each for one in row]
    flat = [one["values"][name] for row in each for one in row for name in names]
    return [
        Output("explanation_base", "FP64", rows, lambda: base),
        Output("explanation_values", "FP64", (*rows, len(names)), lambda: flat),
    ]
