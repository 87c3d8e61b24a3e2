"""Fits XGBoost and LightGBM: one thread, the job's seed, and early stopping that sees the validation rows alone."""

from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import ContractBroken
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    from mlspec.runtime.train import Rows

PATIENCE = 10  # rounds without a gain, where the spec says nothing: as scikit-learn's n_iter_no_change
STOPPING = ("early_stopping_rounds", "early_stopping_round", "early_stopping", "n_iter_no_change")


def stopping_rounds(settings: TrainingSettings, *, validation: bool) -> int | None:
    """After how many rounds without a gain fitting stops, None for never; raises ContractBroken where the spec asks
    for it and leaves no rows to watch. A forest is one round, and never stops.
    https://lightgbm.readthedocs.io/en/stable/Parameters.html (the aliases of early_stopping_round)"""
    said = [name for name in STOPPING if name in settings.arguments]
    usual = PATIENCE if validation and ".XGBRF" not in settings.estimator else None
    rounds = settings.arguments[said[0]] if said else usual
    if rounds is None or rounds <= 0:
        return None
    if not validation:
        raise ContractBroken(f"{said[0]} needs validation rows: give data.split.validation a share")
    return int(rounds)


def fit_xgboost(model: Any, fitted: "Rows", watched: "Rows | None", rounds: int | None) -> Any:
    """`model` (an XGBModel) fitted; it keeps its best number of trees."""
    if watched is None:
        return model.set_params(early_stopping_rounds=None).fit(*fitted, verbose=False)
    return model.set_params(early_stopping_rounds=rounds).fit(*fitted, eval_set=[tuple(watched)], verbose=False)


def fit_lightgbm(model: Any, fitted: "Rows", watched: "Rows | None", rounds: int | None) -> Any:
    """`model` (an LGBMModel) fitted; it keeps its best number of trees."""
    import warnings

    from lightgbm import early_stopping

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        if watched is None or rounds is None:
            return model.fit(*fitted)
        return model.fit(
            *fitted, eval_X=watched.matrix, eval_y=watched.target, callbacks=[early_stopping(rounds, verbose=False)]
        )
