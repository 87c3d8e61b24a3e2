"""Scores turned into the output tensors of the Open Inference Protocol v2, in the reply's JSON or behind it."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from math import prod
from typing import Any

from msgspec.json import Encoder

from mlspec.runtime.answers import THRESHOLD
from mlspec.runtime.binary_tensors import SIZES, bytes_of
from mlspec.runtime.payload import Decoded, Refusal, WithTensors
from mlspec.runtime.replies import Replying

_encode = Encoder().encode
Block = tuple[bytes, int]  # an output of all rows as it is in memory, and how many bytes are a row's


def encode_v2(
    release: Replying, decoded: Decoded, scores: Any, explanations: Sequence[Mapping[str, Any]] | None
) -> bytes:
    """`{"model_name", "model_version", "id", "outputs"}`: the outputs that the caller named, or all.

    WithTensors where any is wanted as bytes; raises Refusal where there is no such output."""
    return InferReplies(release, scores, explanations).encode(decoded, 0)


class Output:
    """One tensor of all rows that were predicted; its values are made when they are wanted, and once."""

    def __init__(self, name: str, datatype: str, each: tuple[int, ...], make: Callable[[], Any]) -> None:
        self.name = name
        self.datatype = datatype
        self._each = each  # the shape of one row
        self._count = prod(each)
        self._make = make
        self._values: Any = None
        self._listed: Sequence[Any] | None = None
        self._bytes: bytes | None = None

    def described(self, rows: int, size: int | None = None) -> bytes:
        """The JSON of `rows` whose `size` bytes are elsewhere; without a size, as far as the data."""
        return _description(self.name, self.datatype, (rows, *self._each), size)

    def values(self, start: int, end: int) -> Sequence[Any]:
        """Of the rows from `start` to `end`, one row's after another's."""
        if self._listed is None:
            values = self._all()
            self._listed = values if isinstance(values, list | tuple) else values.tolist()
        return self._listed[start * self._count : end * self._count]

    def tensor(self, start: int, end: int) -> bytes:
        """The same as they are in memory."""
        if self.datatype not in SIZES:  # texts
            return bytes_of(self.datatype, self.values(start, end))
        data, size = self.block()
        return data[start * size : end * size]

    def block(self) -> Block:
        """Of all rows; not of texts."""
        if self._bytes is None:
            values = self._all()
            listed = isinstance(values, list | tuple)
            self._bytes = bytes_of(self.datatype, values) if listed else values.tobytes()
        return self._bytes, SIZES[self.datatype] * self._count

    def _all(self) -> Any:
        if self._values is None:
            self._values = self._make()
        return self._values


class InferReplies:
    """The replies to requests that were predicted together. `scores` of all their rows are lists, or an array where
    each is one number; explanations there are of one request alone."""

    def __init__(self, release: Replying, scores: Any, explanations: Sequence[Mapping[str, Any]] | None = None) -> None:
        self._head = _head(release.model, release.release)
        outputs = _outputs(release, scores) + (_explanations(explanations) if explanations is not None else [])
        self._outputs = {output.name: output for output in outputs}

    def encode(self, decoded: Decoded, start: int) -> bytes:
        """The reply to the request whose rows begin at `start`."""
        end, attached = start + decoded.count, decoded.attached
        described, tensors = [], []
        for output in self._wanted(decoded.outputs) if decoded.outputs else self._outputs.values():
            if attached is None or output.name in attached:
                tensors.append(output.tensor(start, end))
                described.append(output.described(decoded.count, len(tensors[-1])))
            else:
                described.append(output.described(decoded.count) + _encode(output.values(start, end)) + b"}")
        named = b',"id":' + _encode(decoded.id) if decoded.id else b""
        json = b'%b%b,"outputs":[%b]}' % (self._head, named, b",".join(described))
        return WithTensors.of(json, tensors) if tensors else json

    def behind(self, decoded: Decoded) -> tuple[str, ...] | None:
        """The outputs of a reply that all follow its JSON and have one size whatever they are; None for any other."""
        wanted = self._wanted(decoded.outputs) if decoded.outputs else list(self._outputs.values())
        attached = decoded.attached
        if any(one.datatype not in SIZES or (attached is not None and one.name not in attached) for one in wanted):
            return None
        return tuple(one.name for one in wanted)

    def blocks(self, names: Sequence[str]) -> list[Block]:
        """Those outputs of all rows."""
        return [self._outputs[name].block() for name in names]

    def _wanted(self, names: Sequence[str]) -> list[Output]:
        known = self._outputs
        unknown = [name for name in names if name not in known]
        if unknown:
            raise Refusal(400, {"error": f"there is no output {unknown[0]!a}; the outputs are {', '.join(known)}"})
        if len(set(names)) < len(names):
            raise Refusal(400, {"error": "two outputs have the same name"})
        return [known[name] for name in names]


@lru_cache(8)
def _head(model: str, release: str) -> bytes:
    return _encode({"model_name": model, "model_version": release})[:-1]


@lru_cache(1024)
def _description(name: str, datatype: str, shape: tuple[int, ...], size: int | None) -> bytes:
    told = {"name": name, "datatype": datatype, "shape": shape}
    if size is None:
        return _encode(told)[:-1] + b',"data":'
    return _encode({**told, "parameters": {"binary_data_size": size}})


def _outputs(release: Replying, scores: Any) -> list[Output]:
    """The outputs by the kind of answer; scores are what float32 models gave, so FP32 tells all of them."""
    match release.kind:
        case "binary":
            return [
                Output("probability", "FP32", (), lambda: scores),
                Output("label", "BOOL", (), lambda: _reached(scores)),
            ]
        case "multiclass":
            names = release.names
            return [
                Output("class", "BYTES", (), lambda: [str(names[row.index(max(row))]) for row in scores]),
                Output("probabilities", "FP32", (len(names),), lambda: list(chain.from_iterable(scores))),
            ]
        case "values":
            columns = zip(release.names, zip(*scores, strict=True), strict=True)
            return [Output(name, "FP32", (), partial(_same, column)) for name, column in columns]
        case "embedding":
            return [Output("embedding", "FP32", (len(scores[0]),), lambda: list(chain.from_iterable(scores)))]
        case _:
            return [Output("value", "FP32", (), lambda: scores)]


def _reached(scores: Any) -> Any:
    return [score >= THRESHOLD for score in scores] if isinstance(scores, list) else scores >= THRESHOLD


def _same(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _explanations(explanations: Sequence[Mapping[str, Any]]) -> list[Output]:
    """What each column adds, in the order of the first row's columns; of several outputs, to each of them."""
    each = [list(row["outputs"].values()) if "outputs" in row else [row] for row in explanations]
    names = list(each[0][0]["values"])
    outputs = (len(each[0]),) if "outputs" in explanations[0] else ()
    base = [one["base"] for row in each for one in row]
    flat = [one["values"][name] for row in each for one in row for name in names]
    return [
        Output("explanation_base", "FP64", outputs, lambda: base),
        Output("explanation_values", "FP64", (*outputs, len(names)), lambda: flat),
    ]
