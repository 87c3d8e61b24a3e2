"""What is done to the feature matrix before a scikit-learn estimator sees it: the usual steps, or those of the spec."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from mlspec.runtime.contract import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ABSENT = -1.0  # no category's code: how null and unknown reach an encoder
_MEDIAN = {"_target_": "sklearn.impute.SimpleImputer", "strategy": "median"}
_SCALE = {"_target_": "sklearn.preprocessing.StandardScaler"}
_ONE_HOT = {"_target_": "sklearn.preprocessing.OneHotEncoder"}


def preparation(
    kind: Literal["impute", "encode"],
    features: "Sequence[Column]",
    preprocess: "Mapping[str, Sequence[Mapping[str, Any]]]",
) -> Any:
    """A transformer of the float32 matrix [rows, features]. Usually NaN becomes the median; `encode` also scales
    numbers and gives each category a column, which is 0 in all of them for null and unknown."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    if kind == "impute" and not any(preprocess.values()):
        return _step(_MEDIAN, ())
    usual = {"numbers": [_MEDIAN, _SCALE], "categories": [_ONE_HOT]} if kind == "encode" else {}
    places: dict[str, list[int]] = {"numbers": [], "categories": []}
    for index, column in enumerate(features):
        places["categories" if column.type == "category" else "numbers"].append(index)
    steps = []
    for name, where in places.items():
        taken = [features[index] for index in where]
        chosen = list(preprocess.get(name) or usual.get(name, [_MEDIAN]))
        steps.append((name, make_pipeline(*_whole(name, chosen, taken)), where))
    return ColumnTransformer([step for step in steps if step[2]])


def _whole(name: str, chosen: "list[Mapping[str, Any]]", columns: "Sequence[Column]") -> "list[Any]":
    """The steps as objects; what fills NaN in comes first, chosen or not."""
    from sklearn.impute import SimpleImputer

    steps = [_step(step, columns) for step in chosen]
    if chosen[0]["_target_"] != _MEDIAN["_target_"]:
        absent = SimpleImputer(strategy="constant", fill_value=_ABSENT, keep_empty_features=True)
        steps.insert(0, absent if name == "categories" else _step(_MEDIAN, ()))
    return steps


def _step(step: "Mapping[str, Any]", columns: "Sequence[Column]") -> Any:
    """One transformer, told what the contract knows and the spec need not say."""
    import numpy as np

    module, _, name = str(step["_target_"]).rpartition(".")
    codes = [np.arange(len(column.values), dtype=np.float32) for column in columns]
    known: dict[str, dict[str, Any]] = {
        "SimpleImputer": {"keep_empty_features": True},
        "OneHotEncoder": {"categories": codes, "handle_unknown": "ignore", "sparse_output": False, "dtype": np.float32},
        "OrdinalEncoder": {
            "categories": codes,
            "handle_unknown": "use_encoded_value",
            "unknown_value": int(_ABSENT),
            "dtype": np.float32,
        },
    }
    told = {key: value for key, value in step.items() if key != "_target_"}
    return getattr(import_module(module), name)(**known.get(name, {}), **told)
