"""Turns a fitted estimator into ONNX and proves the two agree, on real rows and on the edges of the contract."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Contract
from mlspec.runtime.conversion import convert
from mlspec.runtime.one_score import put_in_place, with_one_score
from mlspec.runtime.onnx_model import EMBEDDING, OnnxModel, output_name

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-5
NUDGED = 512
_TINY = 1e-30  # of a label that never varies


class ParityBroken(Exception):
    """The exported model answers differently from the trained one."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How many rows were compared, and the largest difference."""

    rows: int
    max_difference: float


def export_model(model: Any, contract: Contract) -> OnnxModel:
    """The estimator as ONNX: input `X` float32, one output `probabilities`, `value` or `values`; and `embedding` behind
    it where that is served."""
    proto = convert(model, contract)
    last = proto.graph.output[-1]
    embedding = last.type.tensor_type.shape.dim[1].dim_value if last.name == EMBEDDING else 0
    if not embedding:
        _keep_one_output(proto.graph, output_name(contract))
        with_one_score(proto.graph)
    if contract.outputs:  # converters say [rows, 1] of some regressors
        proto.graph.output[0].type.tensor_type.shape.dim[1].dim_value = len(contract.outputs)
    onnx = proto.SerializeToString(deterministic=True)
    return OnnxModel(onnx, contract.features, contract.classes, contract.outputs, embedding)


def check_parity(
    model: Any, exported: OnnxModel, rows: "np.ndarray", *, contract: Contract, scale: "float | np.ndarray"
) -> Parity:
    """Compare on `rows` and on edge rows made of them; raises ParityBroken above 1e-5. A number's difference is
    relative to the label's spread `scale` (each label's own, of several), or to the number itself where that is
    larger; an embedding's to the spread of them all, or to the largest number of the row's."""
    import numpy as np

    matrix = np.concatenate([rows, edge_rows(rows, contract)])
    expected = np.asarray(model.predict_proba(matrix) if contract.classes else model.predict(matrix), np.float64)
    largest = _largest(expected, exported.predict(matrix), unit_of(expected, contract, scale))
    if exported.embedding:
        vectors = np.asarray(model.embedding(matrix), np.float64)
        unit = np.maximum(max(vectors.std(), _TINY), np.abs(vectors).max(axis=1, keepdims=True))
        largest = max(largest, _largest(vectors, exported.embeddings(matrix), unit))
    if not largest <= TOLERANCE:
        raise ParityBroken(
            f"the ONNX model differs from the estimator by {largest:.3g}, at most {TOLERANCE:g} is allowed"
        )
    return Parity(len(matrix), largest)


def _largest(expected: "np.ndarray", answered: "np.ndarray", unit: "float | np.ndarray") -> float:
    import numpy as np

    if expected.shape != answered.shape:
        raise ParityBroken(f"the ONNX model answers with shape {answered.shape}, the estimator with {expected.shape}")
    return float((np.abs(expected - answered.astype(np.float64)) / unit).max())


def unit_of(expected: "np.ndarray", contract: Contract, scale: "float | np.ndarray") -> "float | np.ndarray":
    """What a difference from `expected` is measured in: 1 for probabilities."""
    import numpy as np

    return 1.0 if contract.classes else np.maximum(np.maximum(scale, _TINY), np.abs(expected))


def edge_rows(rows: "np.ndarray", contract: Contract) -> "np.ndarray":
    """Rows at the edges: each feature null, smallest, largest; all of them at once; rows one float32 step away."""
    import numpy as np

    usual = rows[0]
    low, high = (np.array(ends, np.float32) for ends in zip(*map(_ends, contract.features, rows.T), strict=True))
    edges = []
    for values in (np.full_like(usual, np.nan), low, high):
        single = np.tile(usual, (len(usual), 1))
        np.fill_diagonal(single, values)
        edges += [single, values[None]]
    floats = np.array([column.type == "float" for column in contract.features])
    for way in (np.float32(np.inf), np.float32(-np.inf)):
        edges.append(np.where(floats, np.nextafter(rows[:NUDGED], way), rows[:NUDGED]))
    return np.concatenate(edges)


def _ends(column: Any, values: "np.ndarray") -> tuple[float, float]:
    """The contract's ends of a feature, or those seen."""
    import numpy as np

    seen = values[~np.isnan(values)]
    low, high = (seen.min(), seen.max()) if len(seen) else (0.0, 0.0)
    if column.type == "category":
        return 0.0, len(column.values) - 1.0
    return (
        low if column.minimum is None else column.minimum,
        high if column.maximum is None else column.maximum,
    )


def _keep_one_output(graph: Any, name: str) -> None:
    """Drop every output but the last, the nodes that only made those, and give the one that stays its name."""
    kept = graph.output[-1]
    needed, nodes = {kept.name}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            nodes.append(node)
    for node in nodes:
        node.output[:] = [name if output == kept.name else output for output in node.output]
        node.input[:] = [name if used == kept.name else used for used in node.input]
    kept.name = name
    del graph.output[:-1]
    put_in_place(graph.node, nodes[::-1])
    put_in_place(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in needed])
