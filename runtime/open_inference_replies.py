"""Scores turned into the output tensors of the Open Inference Protocol v2."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec.json import encode

from mlspec.runtime.answers import THRESHOLD
from mlspec.runtime.payload import Decoded, Refusal
from mlspec.runtime.replies import Replying


def encode_v2(
    release: Replying, decoded: Decoded, scores: Any, explanations: Sequence[Mapping[str, Any]] | None
) -> bytes:
    """`{"model_name", "model_version", "id", "outputs"}`: the outputs that the caller named, or all."""
    outputs = {output["name"]: output for output in _outputs(release, scores)}
    if explanations is not None:
        outputs |= {output["name"]: output for output in _explanations(explanations)}
    unknown = [name for name in decoded.outputs if name not in outputs]
    if unknown:
        raise Refusal(400, {"error": f"there is no output {unknown[0]!a}; the outputs are {', '.join(outputs)}"})
    wanted = [outputs[name] for name in decoded.outputs or outputs]
    head = {"model_name": release.model, "model_version": release.release}
    return encode({**head, **({"id": decoded.id} if decoded.id else {}), "outputs": wanted})


def _outputs(release: Replying, scores: Any) -> list[dict[str, Any]]:
    """The outputs by the kind of answer; scores are what float32 models gave, so FP32 tells all of them."""
    rows = len(scores)
    match release.kind:
        case "binary":
            labels = [score >= THRESHOLD for score in scores]
            return [_tensor("probability", "FP32", [rows], scores), _tensor("label", "BOOL", [rows], labels)]
        case "multiclass":
            best = [str(release.names[row.index(max(row))]) for row in scores]
            flat = list(chain.from_iterable(scores))
            shape = [rows, len(release.names)]
            return [_tensor("class", "BYTES", [rows], best), _tensor("probabilities", "FP32", shape, flat)]
        case "values":
            columns = zip(release.names, zip(*scores, strict=True), strict=True)
            return [_tensor(name, "FP32", [rows], list(column)) for name, column in columns]
        case "embedding":
            return [_tensor("embedding", "FP32", [rows, len(scores[0])], list(chain.from_iterable(scores)))]
        case _:
            return [_tensor("value", "FP32", [rows], scores)]


def _explanations(explanations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each column adds, in the order of the first row's columns."""
    names = list(explanations[0]["values"])
    flat = [row["values"][name] for row in explanations for name in names]
    base = [row["base"] for row in explanations]
    return [
        _tensor("explanation_base", "FP64", [len(base)], base),
        _tensor("explanation_values", "FP64", [len(base), len(names)], flat),
    ]


def _tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}
