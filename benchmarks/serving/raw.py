"""The limit of any server of the model: ONNX Runtime's call alone, on one thread, the rows already laid out."""

import time
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from requests_of import batches

_SECONDS = 1.0


class RawCalls:
    """The model at `onnx`, opened once; `rows_per_second` may be asked again and again."""

    def __init__(self, onnx: Path, batch: int) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self._outputs = [self._session.get_outputs()[-1].name]
        name = self._session.get_inputs()[0].name
        self._inputs = [{name: np.array(rows, np.float32)} for rows in batches(batch)]
        self._batch = batch

    def rows_per_second(self) -> float:
        """With the rows that the servers are asked about."""
        run, outputs, inputs = self._session.run, self._outputs, self._inputs
        calls, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < _SECONDS:
            run(outputs, inputs[calls % len(inputs)])
            calls += 1
        return calls * self._batch / passed
