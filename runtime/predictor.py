"""A release's folder turned into predictions: the model it holds, checked against its digest, behind one method."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions


class DamagedRelease(Exception):
    """The folder does not hold what the release's own description says."""


class Predictor:
    """`predict` gives the positive class's probability (binary), every class's (multiclass), or a value, row by row."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.description: dict[str, Any] = json.loads((folder / "model.json").read_bytes())
        model = (folder / "model.onnx").read_bytes()
        if hashlib.sha256(model).hexdigest() != self.description["onnx_sha256"]:
            raise DamagedRelease("model.onnx is not the model that model.json describes")
        self._session = InferenceSession(model, _options(threads), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[-1].name]
        self._warm_up()

    @property
    def features(self) -> dict[str, tuple[str, ...]]:
        """The model's inputs in order, each with its categories (none: a number)."""
        return {feature["name"]: tuple(feature.get("values", ())) for feature in self.description["features"]}

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[Any]:
        """One answer a row of `matrix`: shape [rows], or [rows, classes] where there are more than two classes."""
        answer: NDArray[Any] = self._session.run(self._outputs, {self._input: matrix})[0]
        if answer.ndim == 2 and answer.shape[1] <= 2:
            return answer[:, -1]
        return answer

    def _warm_up(self) -> None:
        """Answer once, so that no request pays for first allocations, and see that the answer has the right shape."""
        columns = len(self.description["classes"]) if self.description["task"] == "multiclass" else 0
        answer = self.predict(np.zeros((1, len(self.features)), np.float32))
        if answer.shape != ((1, columns) if columns else (1,)):
            raise DamagedRelease(f"the model answers one row with shape {answer.shape}")


def _options(threads: int) -> SessionOptions:
    """A fixed number of threads that do not spin: the defaults cost milliseconds where processors are shared."""
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options
