"""The limit of any server of the model: ONNX Runtime's call alone, on one thread, the rows already laid out."""

import time
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from sklearn.datasets import load_breast_cancer

_SECONDS = 1.0
_ROUNDS = 3


def raw_rows_per_second(onnx: Path, batch: int) -> float:
    """Rows a second of the best round."""
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    rows = load_breast_cancer(return_X_y=True)[0][:batch].astype(np.float32)
    inputs, outputs = {session.get_inputs()[0].name: rows}, [session.get_outputs()[-1].name]
    return max(_round(session, outputs, inputs) for _ in range(_ROUNDS)) * batch


def _round(session: InferenceSession, outputs: list[str], inputs: dict[str, object]) -> float:
    calls, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < _SECONDS:
        session.run(outputs, inputs)
        calls += 1
    return calls / passed
