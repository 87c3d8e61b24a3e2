"""A model's scores turned into the bytes of a reply, in the form that the caller used."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from msgspec.json import Encoder

from mlspec.runtime.answers import ANSWERS, check_finite, kind_of, names_of
from mlspec.runtime.payload import Decoded, ServingContract

_encode = Encoder().encode


class Replying(NamedTuple):
    """What every reply of a release says: made once, by `replying`."""

    head: bytes
    model: str
    release: str
    kind: str
    names: tuple[Any, ...]  # the classes, or the names of several outputs


def replying(contract: ServingContract, description: Mapping[str, Any], version: str) -> Replying:
    """For the release of `description` (model.json), served as `version` of its function."""
    said = {"model": contract.MODEL, "release": description["release"], "version": version}
    head = _encode(said)[:-1] + b',"predictions":'
    kind = kind_of(contract.TASK, description)
    return Replying(head, contract.MODEL, str(description["release"]), kind, names_of(description))


def encode_reply(
    release: Replying, decoded: Decoded, scores: Any, explanations: Sequence[Mapping[str, Any]] | None = None
) -> bytes:
    """The body of a reply with status 200. `scores` has one entry for each of `decoded.rows`, `explanations` too.

    Raises NotFinite where the model answered NaN or infinity, which no caller can use, and Refusal (400) where the
    caller named an output that the model does not have."""
    check_finite(scores)
    if decoded.protocol == "v2":
        from mlspec.runtime.open_inference_replies import encode_v2

        return encode_v2(release, decoded, scores, explanations)
    predictions: Sequence[Any] = ANSWERS[release.kind](scores, release.names)
    if explanations is not None:
        predictions = _explained(predictions, explanations)
    if decoded.places is None:
        return release.head + _encode(predictions) + b"}"
    placed: list[Any] = [None] * decoded.total
    for place, prediction in zip(decoded.places, predictions, strict=True):
        placed[place] = prediction
    problems = [problem._asdict() for problem in decoded.problems]
    return release.head + _encode(placed) + b',"problems":' + _encode(problems) + b"}"


def encode_replies(release: Replying, scores: Any, counts: Sequence[int]) -> list[bytes]:
    """The bodies of replies, status 200, to requests of `counts` rows each; `scores` has one entry for each row of all.

    Raises NotFinite as `encode_reply` does."""
    check_finite(scores)
    predictions: Sequence[Any] = ANSWERS[release.kind](scores, release.names)
    if len(predictions) == len(counts):  # a row each
        return [b"%b[%b]}" % (release.head, _encode(prediction)) for prediction in predictions]
    ends = list(accumulate(counts, initial=0))
    return [release.head + _encode(predictions[start:end]) + b"}" for start, end in pairwise(ends)]


def _explained(predictions: Sequence[Any], explanations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    from msgspec import to_builtins

    return [
        {**to_builtins(prediction), "explanation": explanation}
        for prediction, explanation in zip(predictions, explanations, strict=True)
    ]
