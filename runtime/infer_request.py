"""The JSON of an Open Inference Protocol request turned into what it says.

kserve/open-inference-protocol, rest/inference_rest.md; what is said of bytes that follow the JSON is Triton's:
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md"""

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.json import Decoder

from mlspec.runtime.binary_tensors import BadTensor


class Tensor(Struct, gc=False):
    """One input: `data` flat or nested, in row-major order."""

    name: str
    shape: list[Annotated[int, Meta(ge=0)]]
    datatype: str
    data: list[Any] = []
    parameters: dict[str, Any] = {}


class Wanted(Struct, gc=False):
    """An output that the caller names."""

    name: str
    parameters: dict[str, Any] = {}


class InferRequest(Struct, gc=False):
    """The body of `POST /v2/models/<model>/infer`."""

    inputs: Annotated[list[Tensor], Meta(min_length=1)]
    id: str = ""
    outputs: list[Wanted] = []
    parameters: dict[str, Any] = {}


read_json = Decoder(InferRequest).decode  # of the JSON of a body


def attached_outputs(request: InferRequest) -> list[str] | None:
    """The outputs that are wanted as bytes behind the reply's JSON; None for all. Raises BadTensor."""
    always = flag(request.parameters, "binary_data_output", otherwise=False)
    if not request.outputs:
        return None if always else []
    return [output.name for output in request.outputs if flag(output.parameters, "binary_data", otherwise=always)]


def flag(parameters: dict[str, Any], name: str, *, otherwise: bool) -> bool:
    """A parameter that is true or false, or what it is where it is not there. Raises BadTensor."""
    value = parameters.get(name, otherwise)
    if not isinstance(value, bool):
        raise BadTensor(f"{name} is true or false")
    return value
