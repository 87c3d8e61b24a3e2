"""BentoML as its documentation has it: a typed API; BATCH turns its adaptive batching on."""

import os

import bentoml
import numpy as np
from session import session

BATCH = int(os.environ.get("BATCH", "1"))


@bentoml.service(workers=1)
class Service:
    def __init__(self):
        self.predict = session()

    if BATCH > 1:

        @bentoml.api(route="/invocations", batchable=True, max_batch_size=BATCH, max_latency_ms=2000)
        def invocations(self, inputs: np.ndarray) -> np.ndarray:
            return self.predict(inputs)

    else:

        @bentoml.api(route="/invocations")
        async def invocations(self, inputs: list[list[float]]) -> list[list[float]]:
            return self.predict(inputs).tolist()
