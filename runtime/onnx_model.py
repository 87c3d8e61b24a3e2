"""An ONNX model as it is served: bytes and features in, scores of a float32 matrix out, on one thread."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Column

if TYPE_CHECKING:
    import numpy as np

BATCH = 4096  # rows at once: what a model keeps of each stays in memory


@dataclass(frozen=True)
class OnnxModel:
    """`features` is what its input columns are, `classes` or `outputs` what its output columns are (neither: one
    number)."""

    onnx: bytes
    features: tuple[Column, ...]
    classes: tuple[bool | str, ...]
    outputs: tuple[str, ...] = ()

    @cached_property
    def session(self) -> Any:
        """The session, with the options the service uses: one request is one thread."""
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])

    def predict(self, matrix: "np.ndarray") -> "np.ndarray":
        """Probabilities [rows, classes], values [rows], or several of them [rows, outputs]."""
        import numpy as np

        starts = range(0, max(len(matrix), 1), BATCH)
        batches = [self.session.run(None, {"X": matrix[start : start + BATCH]})[0] for start in starts]
        result = np.concatenate(batches)
        return result if self.classes or self.outputs else result[:, 0]

    def watched(self, matrix: "np.ndarray") -> "np.ndarray":
        """What is watched of each row: the positive class's probability, the likeliest one, the value [rows], or each
        of several values [rows, outputs]."""
        import numpy as np

        predicted = self.predict(matrix)
        match len(self.classes):
            case 0:
                return predicted
            case 2:
                return predicted[:, 1]
            case _:
                return np.asarray(predicted.max(axis=1))
