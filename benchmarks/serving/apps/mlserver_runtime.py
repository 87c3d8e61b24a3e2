"""MLServer with a runtime of its documentation's shape: Open Inference Protocol in and out."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse
from session import session


class Runtime(MLModel):
    async def load(self):
        self.model = session()
        return True

    async def predict(self, payload):
        rows = self.decode(payload.inputs[0], default_codec=NumpyCodec)
        output = NumpyCodec.encode_output("probabilities", self.model(rows))
        return InferenceResponse(model_name=self.name, outputs=[output])
