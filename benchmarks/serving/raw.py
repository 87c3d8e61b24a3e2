"""The limit of any server of the model: ONNX Runtime's call alone, on one thread, the rows already laid out."""

import time
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from requests_of import batches

_SECONDS = 1.0
_ROUNDS = 3


def raw_rows_per_second(onnx: Path, batch: int) -> float:
    """Rows a second of the best round, with the rows that the servers are asked about."""
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    name, outputs = session.get_inputs()[0].name, [session.get_outputs()[-1].name]
    inputs = [{name: np.array(rows, np.float32)} for rows in batches(batch)]
    return max(_round(session, outputs, inputs) for _ in range(_ROUNDS)) * batch


def _round(session: InferenceSession, outputs: list[str], inputs: list[dict[str, object]]) -> float:
    calls, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < _SECONDS:
        session.run(outputs, inputs[calls % len(inputs)])
        calls += 1
    return calls / passed
