"""A release's model.onnx behind ONNX Runtime: the only part of a prediction that needs NumPy."""

import hashlib

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions

from mlspec.runtime.engines import DamagedRelease, Description, Folder, Scores, answers_each, read_file

# Searching the bytes of few rows is cheaper than looking at each number; a hit by chance costs one copy. Of many rows
# the largest number tells first: floats that are not negative have the order of their bytes as whole numbers, NaN last.
_UNSEEN = np.float32(np.inf).tobytes()
_INFINITY = 0x7F800000
_MANY = 2048  # bytes


class OnnxEngine:
    """An `Engine`; raises DamagedRelease where model.onnx is not the file that `description` tells of."""

    def __init__(self, folder: Folder, description: Description, threads: int = 1) -> None:
        model = read_file(folder, "model.onnx")
        if hashlib.sha256(model).hexdigest() != description["onnx_sha256"]:
            raise DamagedRelease("model.onnx is not the model that model.json describes")
        self._width = len(description["features"])
        self._several = answers_each(description) > 0
        self._session = InferenceSession(model, _options(threads), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[-1].name]

    def predict(self, rows: bytes) -> Scores:
        scores: Scores = self.answers(rows).tolist()
        return scores

    def answers(self, rows: bytes) -> NDArray[np.float32]:
        """The same as an array."""
        answer: NDArray[np.float32] = self._session.run(self._outputs, {self._input: self._matrix(rows)})[0]
        return answer[:, -1] if answer.ndim == 2 and not self._several else answer

    def _matrix(self, rows: bytes) -> NDArray[np.float32]:
        matrix = np.frombuffer(rows, np.float32).reshape(-1, self._width)
        return np.where(matrix == np.inf, np.float32(np.nan), matrix) if _may_have_unseen(rows) else matrix


def _may_have_unseen(rows: bytes) -> bool:
    if len(rows) > _MANY and np.maximum.reduce(np.frombuffer(rows, np.int32)) < _INFINITY:
        return False
    return _UNSEEN in rows


def _options(threads: int) -> SessionOptions:
    """A fixed number of threads that do not spin: the defaults cost milliseconds where processors are shared."""
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options
