"""A spec turned into the model's metadata of the Open Inference Protocol: its inputs and outputs, their datatypes."""

from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.models import Column

# https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
_DATATYPES = {"float": "FP64", "int": "INT64", "bool": "BOOL"}
_ANY = -1  # the protocol's word for a length that requests choose


def model_metadata(checked: Checked) -> dict[str, Any]:
    """`GET /v2/models/<model>`, but for the versions, which only a server knows."""
    spec = checked.spec
    inputs = [_tensor(name, _datatype(column)) for name, column in spec.features.items()]
    return {"name": spec.name, "platform": "onnx_onnxv1", "inputs": inputs, "outputs": _outputs(checked)}


def _outputs(checked: Checked) -> list[dict[str, Any]]:
    if width := checked.spec.embedding:
        return [_tensor("embedding", "FP32", width)]
    match checked.spec.task:
        case "binary":
            return [_tensor("probability", "FP32"), _tensor("label", "BOOL")]
        case "multiclass":
            classes = len(checked.spec.data.columns[checked.spec.column_of("label") or ""].values)
            return [_tensor("class", "BYTES"), _tensor("probabilities", "FP32", classes)]
        case _ if len(checked.spec.labels) > 1:
            return [_tensor(name, "FP32") for name in checked.spec.labels]
        case _:
            return [_tensor("value", "FP32")]


def _datatype(column: Column) -> str:
    return _DATATYPES.get(column.type or "", "BYTES")


def _tensor(name: str, datatype: str, *width: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [_ANY, *width]}
