"""Turns a fitted estimator into an ONNX model by the converter for the library it comes from."""

from collections.abc import Callable, Mapping
from typing import Any

from mlspec.runtime.contract import Contract
from mlspec.runtime.lightgbm_trees import lightgbm_ensemble
from mlspec.runtime.tree_ensemble import OPSETS, Ensemble, ensemble_model
from mlspec.runtime.xgboost_trees import xgboost_ensemble


def convert(model: Any, contract: Contract) -> Any:
    """A ModelProto: input `X` float32 [rows, features]; the last output holds probabilities or values."""
    return _CONVERTERS[type(model).__module__.partition(".")[0]](model, contract)


def _sklearn(model: Any, contract: Contract) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    shape = [("X", FloatTensorType([None, len(contract.features)]))]
    options = {id(model): {"zipmap": False}} if contract.classes else None
    return to_onnx(model, initial_types=shape, options=options, target_opset=OPSETS, name="model")


def _boosted(ensemble: Ensemble, contract: Contract) -> Any:
    return ensemble_model(ensemble, width=len(contract.features), classes=len(contract.classes))


def _torch(model: Any, contract: Contract) -> Any:
    from mlspec.runtime.network_training import convert_network

    return convert_network(model, contract)


_CONVERTERS: Mapping[str, Callable[[Any, Contract], Any]] = {
    "sklearn": _sklearn,
    "xgboost": lambda model, contract: _boosted(xgboost_ensemble(model), contract),
    "lightgbm": lambda model, contract: _boosted(lightgbm_ensemble(model), contract),
    "mlspec": _torch,
}
