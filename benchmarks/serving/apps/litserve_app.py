"""LitServe as its documentation has it; BATCH turns its batching on."""

import os

import litserve
import numpy as np
from session import session

BATCH = int(os.environ.get("BATCH", "1"))


class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = session()

    def decode_request(self, request):
        return np.asarray(request["inputs"], dtype=np.float32)

    def predict(self, rows):
        return self.model(rows)

    if BATCH > 1:

        def batch(self, inputs):
            return np.concatenate(inputs)

        def unbatch(self, output):
            return [row[None] for row in output]

    def encode_response(self, output):
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    batching = {"max_batch_size": BATCH, "batch_timeout": 0.002} if BATCH > 1 else {}
    server = litserve.LitServer(Api(api_path="/invocations", **batching), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        num_api_servers=1,
        log_level="error",
        generate_client_file=False,
    )
