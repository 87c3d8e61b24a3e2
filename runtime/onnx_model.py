"""An ONNX model as it is served: bytes and features in, scores of a float32 matrix out, on one thread."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Column, Contract

if TYPE_CHECKING:
    import numpy as np

EMBEDDING = "embedding"  # the name of that output
BATCH = 4096  # rows at once: what a model keeps of each stays in memory


def output_name(contract: Contract) -> str:
    """What the output is called that holds the predictions."""
    return "probabilities" if contract.classes else "values" if contract.outputs else "value"


@dataclass(frozen=True)
class OnnxModel:
    """`features` is what its input columns are, `classes` or `outputs` what its output columns are (neither: one
    number); `embedding` is how many numbers the embedding has that it gives besides, 0 where it gives none."""

    onnx: bytes
    features: tuple[Column, ...]
    classes: tuple[bool | str, ...]
    outputs: tuple[str, ...] = ()
    embedding: int = 0

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
        result = self._run(matrix, 0)
        return result if self.classes or self.outputs else result[:, 0]

    def embeddings(self, matrix: "np.ndarray") -> "np.ndarray":
        """Embeddings [rows, embedding], of a model that gives them."""
        return self._run(matrix, -1)

    def _run(self, matrix: "np.ndarray", output: int) -> "np.ndarray":
        import numpy as np

        name = self.session.get_outputs()[output].name
        starts = range(0, max(len(matrix), 1), BATCH)
        batches = [self.session.run([name], {"X": matrix[start : start + BATCH]})[0] for start in starts]
        result: np.ndarray = np.concatenate(batches)
        return result

    def watched(self, matrix: "np.ndarray") -> "np.ndarray":
        """What is watched of each row: the positive class's probability, the likeliest one, the value, the length of
        the embedding (all [rows]), or each of several values [rows, outputs]."""
        import numpy as np

        if self.embedding:
            lengths: np.ndarray = np.linalg.norm(self.embeddings(matrix).astype(np.float64), axis=1)
            return lengths.astype(np.float32)
        predicted = self.predict(matrix)
        match len(self.classes):
            case 0:
                return predicted
            case 2:
                return predicted[:, 1]
            case _:
                return np.asarray(predicted.max(axis=1))
