"""ONNX operators done on one row whose values are expressions: object arrays of `Affine` and of plain numbers.

Meanings: https://onnx.ai/onnx/operators/. A batch of one row is all there is, so shapes are known and rows are plain
arrays; what depends on other rows, or cannot be written as plain Python of moderate size, is not in the table."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mlspec.runtime.expressions import Affine, Call, Whole, call, of, weighted

Values = np.ndarray[Any, Any]  # of dtype object
Operator = Callable[[Sequence[Values], Mapping[str, Any]], Values]

_INT64, _FLOATS = 7, (1, 11)


class CannotCompile(Exception):
    """Why a model does not become plain Python, in words."""


def values_of(array: Any) -> Values:
    """A constant of the model as plain numbers."""
    return np.array(array).astype(object)


def each(function: Callable[[Any], Any], values: Values) -> Values:
    made = np.empty(values.shape, object)
    made.ravel()[:] = [function(value) for value in values.ravel()]
    return made


def _cast(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    to = attributes["to"]
    if to == _INT64:
        return each(lambda v: of(Whole(v)) if isinstance(v, Affine) else int(v), inputs[0])
    if to in _FLOATS:
        return inputs[0]
    raise CannotCompile(f"a cast to ONNX type {to} is not known")


def shaped(made: Sequence[Any], shape: tuple[int, ...]) -> Values:
    array = np.empty(len(made), object)
    array[:] = list(made)
    return array.reshape(shape)


def _linear(inputs: Sequence[Values], coefficients: Sequence[float], intercepts: Sequence[float]) -> Values:
    """One row: [1, targets]."""
    row = inputs[0].ravel().tolist()
    weights = np.reshape(coefficients, (-1, len(row))).tolist()
    offsets = list(intercepts) or [0.0] * len(weights)
    return shaped([weighted(row, line, offset) for line, offset in zip(weights, offsets, strict=True)], (1, -1))


def _linear_regressor(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    sums = _linear(inputs, attributes["coefficients"], attributes.get("intercepts", ()))
    return transformed(sums, attributes.get("post_transform", "NONE"))


def _linear_classifier(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    """Scores [1, classes]; one line of coefficients for two classes is the second one's."""
    sums = _linear(inputs, attributes["coefficients"], attributes.get("intercepts", ()))
    transform = attributes.get("post_transform", "NONE")
    labels = attributes.get("classlabels_ints") or attributes.get("classlabels_strings") or ()
    if sums.shape[1] == 1 and len(labels) == 2:
        return both_of(sums[0, 0], transform)
    return transformed(sums, transform)


def both_of(score: Affine, transform: str) -> Values:
    """The scores of two classes of which only the second one's is known."""
    if transform == "LOGISTIC":
        return shaped([_sigmoid(-score), _sigmoid(score)], (1, 2))
    if transform == "NONE":
        return shaped([1.0 - score, score], (1, 2))
    raise CannotCompile(f"{transform.lower()} of one score")


def transformed(sums: Values, transform: str) -> Values:
    """What a post_transform makes of scores [1, n]."""
    match transform:
        case "NONE":
            return sums
        case "LOGISTIC":
            return each(_sigmoid, sums)
        case "SOFTMAX":
            return _softmax(sums)
        case other:
            raise CannotCompile(f"the transform {other} is not known")


def _sigmoid(value: Any) -> Affine:
    return call("sigmoid", value)


def _softmax(sums: Values) -> Values:
    """Of [1, n]. Of two it is the logistic function of the difference."""
    values = sums.ravel().tolist()
    if sums.shape[0] != 1 or sums.ndim != 2:
        raise CannotCompile("a softmax of more than one axis")
    if len(values) == 2:
        return shaped([_sigmoid(values[0] - values[1]), _sigmoid(values[1] - values[0])], (1, 2))
    most = call("max", *values)
    powers = [call("exp", value - most) for value in values]
    return shaped([call("softmax", power, weighted(powers, [1.0] * len(powers))) for power in powers], sums.shape)


_NEVER_NEGATIVE = ("exp", "sigmoid", "softmax")


def _normalize(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    """L1 of what is not negative: probabilities, of each class against the rest. A sum of 0 stays."""
    if attributes.get("norm", "MAX") != "L1":
        raise CannotCompile(f"the norm {attributes.get('norm', 'MAX')} is not known")
    values = inputs[0].ravel().tolist()
    atoms = [value.atom for value in values if isinstance(value, Affine)]
    if not all(isinstance(atom, Call) and atom.function in _NEVER_NEGATIVE for atom in atoms):
        raise CannotCompile("a norm of numbers that may be negative")
    if all(isinstance(atom, Call) and atom.function == "softmax" for atom in atoms):
        return inputs[0]
    whole = weighted(values, [1.0] * len(values))
    return shaped([call("share", value, whole) for value in values], inputs[0].shape)


def _reshape(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    asked = [int(size) for size in inputs[1].ravel()]
    return inputs[0].reshape([inputs[0].shape[at] if size == 0 else size for at, size in enumerate(asked)])


def _gather(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    return np.take(inputs[0], inputs[1].astype(int), axis=attributes.get("axis", 0))


def _extract(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    return np.take(inputs[0], inputs[1].astype(int).ravel(), axis=-1)


def _reduced(inputs: Sequence[Values], attributes: Mapping[str, Any], function: Any) -> tuple[Values, int]:
    """The `function` (np.add, np.multiply) over the axes, and how many values went into each."""
    axes = attributes.get("axes", inputs[1].ravel().tolist() if len(inputs) > 1 else range(inputs[0].ndim))
    chosen = tuple(int(axis) for axis in axes)
    count = math.prod(inputs[0].shape[axis] for axis in chosen)
    made = inputs[0]
    for axis in sorted((axis % made.ndim for axis in chosen), reverse=True):
        made = np.asarray(function.reduce(made, axis=axis, keepdims=bool(attributes.get("keepdims", 1))), object)
    return made, count


def _mean(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    total, count = _reduced(inputs, attributes, np.add)
    return np.asarray(total / float(count), object)


def _gemm(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    if attributes.get("transA"):
        raise CannotCompile("a product with the rows turned")
    right = inputs[1].T if attributes.get("transB") else inputs[1]
    product = _matmul((inputs[0], right), attributes) * float(attributes.get("alpha", 1.0))
    return np.asarray(product + inputs[2] * float(attributes.get("beta", 1.0)) if len(inputs) > 2 else product)


def _matmul(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    row, right = inputs
    if row.shape[:-1] != (1,) or right.ndim > 2 or any(isinstance(v, Affine) for v in right.ravel()):
        raise CannotCompile("a product of two computed matrices")
    columns = right.reshape(row.shape[1], -1).T
    made = [weighted(row.ravel().tolist(), column.tolist()) for column in columns]
    return shaped(made, (1, *right.shape[1:]))


# Those that scikit-learn's, XGBoost's and LightGBM's converters emit for models; onnx_preparation has what goes before.
OPERATORS: Mapping[str, Operator] = {
    "Add": lambda inputs, attributes: np.asarray(inputs[0] + inputs[1], object),
    "ArrayFeatureExtractor": _extract,
    "Cast": _cast,
    "Concat": lambda inputs, attributes: np.concatenate(inputs, axis=attributes["axis"]),
    "Div": lambda inputs, attributes: np.asarray(inputs[0] / inputs[1], object),
    "Exp": lambda inputs, attributes: each(lambda value: call("exp", value), inputs[0]),
    "Flatten": lambda inputs, attributes: inputs[0].reshape(1, -1),
    "Gather": _gather,
    "Gemm": _gemm,
    "Identity": lambda inputs, attributes: inputs[0],
    "LinearClassifier": _linear_classifier,
    "LinearRegressor": _linear_regressor,
    "MatMul": _matmul,
    "Mul": lambda inputs, attributes: np.asarray(inputs[0] * inputs[1], object),
    "Neg": lambda inputs, attributes: np.asarray(-inputs[0], object),
    "Normalizer": _normalize,
    "ReduceMean": _mean,
    "ReduceProd": lambda inputs, attributes: _reduced(inputs, attributes, np.multiply)[0],
    "ReduceSum": lambda inputs, attributes: _reduced(inputs, attributes, np.add)[0],
    "Reshape": _reshape,
    "Sigmoid": lambda inputs, attributes: each(_sigmoid, inputs[0]),
    "Softmax": lambda inputs, attributes: _softmax(inputs[0]),
    "Sub": lambda inputs, attributes: np.asarray(inputs[0] - inputs[1], object),
    "Sum": lambda inputs, attributes: np.asarray(sum(inputs[1:], start=inputs[0]), object),
}
