"""model.onnx turned into the source of compiled_model.py: plain Python that answers row by row, or why it cannot be."""

from typing import Any

import numpy as np

from mlspec.runtime.expressions import Affine, Input, Total, of
from mlspec.runtime.onnx_operators import OPERATORS as MODEL_OPERATORS
from mlspec.runtime.onnx_operators import CannotCompile, Values, both_of, transformed, values_of
from mlspec.runtime.onnx_preparation import OPERATORS as STEP_OPERATORS
from mlspec.runtime.onnx_trees import OPERATORS as TREE_OPERATORS
from mlspec.runtime.onnx_trees import UnknownTrees, attributes_of, count_nodes, read_ensemble
from mlspec.runtime.source_writer import Summed, Writer

MOST_NODES = 40_000  # of all trees; as many take a tenth of a second to import
MOST_SOURCE = 4 * 2**20

_ROW_OPERATORS = {**MODEL_OPERATORS, **STEP_OPERATORS}
_MODULE = '''"""The model as plain Python, made from model.onnx: rows are float32 numbers, NaN where one is missing."""

from collections.abc import Iterable
from math import exp
{tables}

def predict(rows: Iterable[tuple[float, ...]]) -> list[{kind}]:
 """One answer a row, in the rows' order."""
 answers = []
 for {row} in rows:
{body}
  answers.append({answer})
 return answers
'''


def compiled_source(onnx: bytes, *, several: bool) -> str:
    """The module's text, the same for the same model. Its `predict` answers a row with the last of the model's scores,
    or with all where `several`. Raises CannotCompile."""
    from onnx import load_from_string

    graph = load_from_string(onnx).graph
    width = graph.input[0].type.tensor_type.shape.dim[1].dim_value
    ensembles: list[Summed] = []
    scores = _run(graph, width, ensembles).ravel().tolist()
    writer = Writer(ensembles)
    wanted = [
        value if isinstance(value, Affine) else Affine((), value) for value in (scores if several else scores[-1:])
    ]
    writer.sum_trees(wanted)
    answers = [writer.text(value) for value in wanted]
    source = _MODULE.format(
        tables="".join(f"\n{line}" for line in writer.tables) + "\n" * bool(writer.tables),
        kind="list[float]" if several else "float",
        row="".join(f"x{at}, " if at in writer.columns else "_, " for at in range(width)).strip(),
        body="\n".join(f"  {line}" for line in writer.lines),
        answer=f"[{', '.join(answers)}]" if several else answers[0],
    )
    if len(source) > MOST_SOURCE:
        raise CannotCompile(f"its source would have {len(source):,} characters; {MOST_SOURCE:,} is the most")
    return source


def _run(graph: Any, width: int, ensembles: list[Summed]) -> Values:
    """The graph's output for one row of which nothing is known."""
    from onnx import numpy_helper

    row = np.empty((1, width), object)
    row[0, :] = [of(Input(at)) for at in range(width)]
    known = {graph.input[0].name: row}
    known |= {tensor.name: values_of(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    for node in graph.node:
        try:
            known[node.output[-1]] = _done(node, [known[name] for name in node.input], ensembles)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise CannotCompile(f"the operator {node.op_type} is used in a way that is not known") from error
    return known[graph.output[-1].name]


def _done(node: Any, inputs: list[Values], ensembles: list[Summed]) -> Values:
    """What a node makes of its inputs."""
    if node.op_type in TREE_OPERATORS:
        return _trees(node, inputs[0], ensembles)
    if node.op_type in _ROW_OPERATORS:
        return _ROW_OPERATORS[node.op_type](inputs, attributes_of(node))
    raise CannotCompile(f"the operator {node.op_type} is not known")


def _trees(node: Any, row: Values, ensembles: list[Summed]) -> Values:
    """The scores [1, targets] of an ensemble, which is kept to be written once it is known what is asked of it."""
    nodes = count_nodes(node)
    if nodes > MOST_NODES:
        raise CannotCompile(f"its trees have {nodes:,} nodes; {MOST_NODES:,} is the most")
    try:
        ensemble = read_ensemble(node)
    except UnknownTrees as reason:
        raise CannotCompile(str(reason)) from reason
    number = len(ensembles)
    ensembles.append(Summed(ensemble, row.ravel().tolist()))
    if ensemble.only is not None:
        return both_of(of(Total(number, ensemble.only)), ensemble.transform)
    sums = np.empty((1, ensemble.targets), object)
    sums[0, :] = [of(Total(number, target)) for target in range(ensemble.targets)]
    return transformed(sums, ensemble.transform)
