"""Trains a torch module on the rows: seeded, deterministic, stopped by the validation rows, in mixed precision where
there is a GPU; and exports what it has learned."""

import contextlib
import copy
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from mlspec.runtime.contract import Contract
from mlspec.runtime.network_layout import Answering, Prepared, Scored, WithEmbedding
from mlspec.runtime.onnx_model import EMBEDDING, output_name
from mlspec.runtime.training_settings import Fit, TrainingSettings

if TYPE_CHECKING:
    import numpy as np

    from mlspec.runtime.train import Rows

_BATCH = 4096  # rows answered at once
# The exporter calls a category that was looked up `embedding`: it gets a name that no operator has.
_LAST, _LOOKED_UP = "embedding.last", "embedding.first"


class FittedNetwork:
    """A trained network that answers like an estimator: float32 matrix [rows, features] in."""

    def __init__(self, answering: Answering, contract: Contract, *, embeds: bool = False) -> None:
        self.answering = answering.eval().cpu()
        self.embeds = embeds
        self.width = len(contract.features)
        self._several = bool(contract.outputs)

    def predict_proba(self, matrix: "np.ndarray") -> "np.ndarray":
        """Probabilities [rows, classes]."""
        return _in_batches(self.answering, matrix)

    def embedding(self, matrix: "np.ndarray") -> "np.ndarray":
        """Embeddings [rows, width], of a network that has them."""
        embedding = WithEmbedding(self.answering)
        return _in_batches(lambda part: embedding(part)[1], matrix)

    def predict(self, matrix: "np.ndarray") -> "np.ndarray":
        """Values [rows], or several of them [rows, outputs]."""
        values = self.predict_proba(matrix)
        return values if self._several else values[:, 0]


def _in_batches(answer: Callable[[torch.Tensor], torch.Tensor], matrix: "np.ndarray") -> "np.ndarray":
    with torch.inference_mode():
        parts = [answer(part) for part in torch.from_numpy(matrix).split(_BATCH)]
        return torch.cat(parts).numpy()  # type: ignore[no-any-return]


def fit_network(settings: TrainingSettings, fitted: "Rows", watched: "Rows | None") -> FittedNetwork:
    """The module that the spec names, trained on `fitted` and stopped when `watched` are answered no better."""
    threads = torch.get_num_threads()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what determinism asks of CUDA
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    try:
        return _fit(settings, fitted, watched)
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(False)


def _fit(settings: TrainingSettings, fitted: "Rows", watched: "Rows | None") -> FittedNetwork:
    contract = settings.contract
    classes, outputs = len(contract.classes), len(contract.outputs)
    module, _, name = settings.estimator.rpartition(".")
    prepared = Prepared(fitted.matrix, contract.features)
    scored = Scored(getattr(import_module(module), name), settings.arguments, prepared, classes or outputs or 1)
    centre, spread = (0.0, 1.0) if classes else _scale(fitted.target)
    loss = _Loss(classes=classes, centre=centre, spread=spread)
    _descend(scored, loss, settings.fit, rows=(loss.tensors(fitted), watched and loss.tensors(watched)))
    answering = Answering(scored, classes=classes, centre=centre, spread=spread)
    return FittedNetwork(answering, contract, embeds=settings.answer == "embedding")


def _scale(target: "np.ndarray") -> "tuple[float | np.ndarray, float | np.ndarray]":
    """Mean and spread of the label, 1 where it never varies; of several labels one each, [outputs]."""
    import numpy as np

    if target.ndim == 1:
        return float(target.mean()), float(target.std()) or 1.0
    spread = target.std(axis=0)
    return target.mean(axis=0), np.where(spread > 0, spread, 1.0)


class _Loss:
    """How far scores are from the truth: cross entropy, or squares of values brought to one spread."""

    def __init__(self, *, classes: int, centre: "float | np.ndarray", spread: "float | np.ndarray") -> None:
        self._classes, self._centre, self._spread = classes, centre, spread
        self._loss = nn.CrossEntropyLoss() if classes else nn.MSELoss()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def tensors(self, rows: "Rows") -> tuple[torch.Tensor, torch.Tensor]:
        """The matrix, and class indices [rows] or scaled values [rows, outputs], where they are learned from."""
        target = torch.from_numpy(rows.target)
        if not self._classes:
            target = torch.from_numpy((rows.target - self._centre) / self._spread).to(torch.float32)
            target = target.reshape(len(target), -1)
        return torch.from_numpy(rows.matrix).to(self.device), target.to(self.device)

    def __call__(self, scored: Scored, matrix: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        mixed = self.device.type == "cuda"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=mixed):
            scores = scored(matrix)
        return self._loss(scores.to(torch.float32), target)


def _descend(scored: Scored, loss: _Loss, fit: Fit, *, rows: Any) -> None:
    """Epochs of AdamW on shuffled batches; the weights that answered the watched rows best are kept."""
    (matrix, target), watched = rows
    scored.to(loss.device)
    optimizer = torch.optim.AdamW(scored.parameters(), lr=fit.learning_rate, weight_decay=fit.weight_decay)
    best, kept, since = float("inf"), None, 0
    for _ in range(fit.epochs):
        scored.train()
        for batch in torch.randperm(len(matrix)).to(loss.device).split(fit.batch_size):
            optimizer.zero_grad()
            loss(scored, matrix[batch], target[batch]).backward()
            optimizer.step()
        if watched is None:
            continue
        now, since = _mean_loss(scored, loss, *watched), since + 1
        if now < best:
            best, kept, since = now, copy.deepcopy(scored.state_dict()), 0
        if since >= fit.patience:
            break
    if kept is not None:
        scored.load_state_dict(kept)


def _mean_loss(scored: Scored, loss: _Loss, matrix: torch.Tensor, target: torch.Tensor) -> float:
    scored.eval()
    with torch.inference_mode():
        parts = zip(matrix.split(_BATCH), target.split(_BATCH), strict=True)
        return sum(float(loss(scored, *part)) * len(part[0]) for part in parts) / len(matrix)


def convert_network(model: FittedNetwork, contract: Contract) -> Any:
    """The network as a ModelProto, by torch's own exporter, without the traces of where it was made; where its
    embedding is served that is the last output."""
    exported = WithEmbedding(model.answering).eval() if model.embeds else model.answering
    names = [output_name(contract), *([_LAST] if model.embeds else [])]
    example = (torch.zeros(2, model.width),)
    rows = {"matrix": {0: torch.export.Dim("rows", min=1)}}
    with _quiet():
        program = torch.onnx.export(
            exported, example, dynamo=True, verbose=False, opset_version=18,
            input_names=["X"], output_names=names, dynamic_shapes=rows,
        )  # fmt: skip
    proto = program.model_proto
    _rename(proto.graph, {EMBEDDING: _LOOKED_UP, _LAST: EMBEDDING})
    for part in (proto, proto.graph, *proto.graph.node, *proto.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return proto


def _rename(graph: Any, names: Mapping[str, str]) -> None:
    """Give values of the graph other names, wherever they stand."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*graph.output, *graph.value_info):
        value.name = names.get(value.name, value.name)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells of what it does not need, and warns of its own old names."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)
