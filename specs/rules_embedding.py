"""Rules about a model that answers with an embedding: that it has one, and that nothing asks for its predictions."""

from collections.abc import Iterator, Mapping

from mlspec.specs.embeddings import ESTIMATOR, embedding_width
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

_ESTIMATOR = ("training", "estimator")
_PREDICTION = "answer: prediction"


def embeddings_need_their_network(view: View) -> Iterator[Wording]:
    """What is answered is the activation of the last hidden layer: trees have none, nor has a network without any."""
    estimator = view.at(*_ESTIMATOR)
    if not _asked(view) or not isinstance(estimator, Mapping):
        return
    target = estimator.get("_target_")
    if target != ESTIMATOR:
        hint = f"allowed: {_PREDICTION}, or training.estimator._target_: {ESTIMATOR}"
        yield Wording("ML247", f"'{str(target)[:100]}' has no embedding", hint, ("serving", "answer"))
    elif not embedding_width(estimator):
        message = "the network has no hidden layer to take an embedding from"
        hint = "allowed: whole numbers above 0, such as [128, 64]; the last is the embedding's width"
        yield Wording("ML247", message, hint, (*_ESTIMATOR, "hidden"))


def embeddings_are_no_predictions(view: View) -> Iterator[Wording]:
    """Engines, explanations and monitors that work on the prediction have nothing to work on."""
    if view.serving is None or not _asked(view):
        return
    if view.serving.engine == "compiled":
        hint = "allowed: engine: auto or onnx"
        yield Wording("ML248", "an embedding is not answered by plain Python", hint, ("serving", "engine"))
    if view.serving.explain is not None:
        hint = f"leave explain out, or use {_PREDICTION}"
        yield Wording("ML248", "an embedding has no explanations", hint, ("serving", "explain"))
    for index, monitor in view.monitors.items():
        if monitor.signal == "quality":
            hint = "watch data_drift, or prediction_drift, which is that of the embedding's length"
            path = ("monitors", str(index), "signal")
            yield Wording("ML248", "an embedding cannot be held against true labels", hint, path)


def _asked(view: View) -> bool:
    return bool(view.at("serving", "answer") == "embedding")
