"""ONNX operators of what is done to a row before its model: filled in, encoded, scaled, clipped, multiplied out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlspec.runtime.expressions import Affine, Flag, Imputed, Whole, call, of, weighted
from mlspec.runtime.onnx_operators import CannotCompile, Operator, Values, each, shaped, values_of


def _affine(value: Any) -> Affine:
    return value if isinstance(value, Affine) else Affine((), float(value))


def _impute(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    replaced = attributes.get("replaced_value_float", math.nan)
    fillers = np.broadcast_to(attributes["imputed_value_floats"], inputs[0].shape)
    if not math.isnan(replaced):
        raise CannotCompile(f"an imputer that replaces {replaced:g}")
    pairs = zip(inputs[0].ravel(), fillers.ravel().tolist(), strict=True)
    made = [of(Imputed(_affine(value), filler)) for value, filler in pairs]
    return shaped(made, inputs[0].shape)


def _one_hot(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    """One more axis, of as many flags as there are categories; what is none of them is all zeros."""
    keys = attributes.get("cats_int64s")
    if keys is None or not attributes.get("zeros", 1):
        raise CannotCompile("categories that are texts")
    flags = [of(Flag(_code(_affine(value), keys), key)) for value in inputs[0].ravel() for key in keys]
    return shaped(flags, (*inputs[0].shape, len(keys)))


def _rank(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    """A number for each key; what is no key is the default, whose distance from the others is what flags weigh."""
    keys, default = attributes["keys_floats"], attributes["default_int64"]
    if any(map(math.isnan, keys)):
        raise CannotCompile("categories of which one is NaN")
    steps = [value - default for value in attributes["values_int64s"]]

    def ranked(value: Any) -> Affine:
        code = _code(_affine(value), keys)
        return weighted([of(Flag(code, key)) for key in keys], steps, default)

    return each(ranked, inputs[0])


def _code(value: Affine, keys: Sequence[float]) -> Affine:
    """The value to look up: without casts and fillers that no key can tell apart. NaN is no key either."""
    match value.atom:
        case Whole(source):
            return _code(source, keys)
        case Imputed(source, filler) if filler not in keys:
            return _code(source, keys)
        case _:
            return value


def _scale(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    offset, scale = (values_of(attributes[name]) for name in ("offset", "scale"))
    return np.asarray((inputs[0] - offset) * scale)


def _clip(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    """Between two constants; NaN stays NaN in max and min of Python, where it comes first."""
    least, most = (float(limit.item()) for limit in inputs[1:])
    return each(lambda value: call("clip", value, least, most), inputs[0])


def _constant(inputs: Sequence[Values], attributes: Mapping[str, Any]) -> Values:
    shape = tuple(int(size) for size in inputs[0].ravel())
    return values_of(np.full(shape, attributes["value"].item()))


# Those that scikit-learn's converters emit for the steps of runtime/preparation.py.
OPERATORS: Mapping[str, Operator] = {
    "Clip": _clip,
    "ConstantOfShape": _constant,
    "Imputer": _impute,
    "LabelEncoder": _rank,
    "OneHotEncoder": _one_hot,
    "Scaler": _scale,
    "Shape": lambda inputs, attributes: values_of(inputs[0].shape),
}
