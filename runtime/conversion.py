"""Turns a fitted estimator into an ONNX model by the converter for the library it comes from."""

from collections.abc import Callable, Mapping
from typing import Any

from mlspec.runtime.contract import Contract
from mlspec.runtime.each_output import EachOutput
from mlspec.runtime.lightgbm_trees import lightgbm_ensemble
from mlspec.runtime.tree_ensemble import OPSETS, Ensemble, ensemble_model, joined
from mlspec.runtime.xgboost_trees import xgboost_ensemble


def convert(model: Any, contract: Contract) -> Any:
    """A ModelProto: input `X` float32 [rows, features]; the last output holds probabilities or values."""
    return _CONVERTERS[_library(model)](model, contract)


def _library(model: Any) -> str:
    return type(model).__module__.partition(".")[0]


def _sklearn(model: Any, contract: Contract) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    shape = [("X", FloatTensorType([None, len(contract.features)]))]
    options = {id(model): {"zipmap": False}} if contract.classes else None
    return to_onnx(model, initial_types=shape, options=options, target_opset=OPSETS, name="model")


def _boosted(ensemble: Ensemble, contract: Contract) -> Any:
    return ensemble_model(ensemble, width=len(contract.features), classes=len(contract.classes))


def _ours(model: Any, contract: Contract) -> Any:
    if isinstance(model, EachOutput):
        return _boosted(joined([_ENSEMBLES[_library(one)](one) for one in model.models]), contract)
    return _torch(model, contract)


def _torch(model: Any, contract: Contract) -> Any:
    from mlspec.runtime.network_training import convert_network

    return convert_network(model, contract)


_ENSEMBLES: Mapping[str, Callable[[Any], Ensemble]] = {"xgboost": xgboost_ensemble, "lightgbm": lightgbm_ensemble}
_CONVERTERS: Mapping[str, Callable[[Any, Contract], Any]] = {
    "sklearn": _sklearn,
    "xgboost": lambda model, contract: _boosted(xgboost_ensemble(model), contract),
    "lightgbm": lambda model, contract: _boosted(lightgbm_ensemble(model), contract),
    "mlspec": _ours,
}
