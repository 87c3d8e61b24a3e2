"""A spec whose model answers with an embedding -> how wide that is, and what is wrong with asking for it."""

from collections.abc import Mapping
from typing import Any

ESTIMATOR = "mlspec.runtime.networks.TabularMLP"
HIDDEN = (128, 64)  # the network's own default, which is not imported here: it needs torch


def embedding_width(estimator: Mapping[str, Any]) -> int:
    """How many numbers the embedding of `training.estimator` has: the last of its hidden layers'; 0 where there is
    none."""
    hidden = estimator.get("hidden", HIDDEN)
    sized = isinstance(hidden, tuple | list) and hidden and all(type(width) is int and width > 0 for width in hidden)
    return int(hidden[-1]) if sized and estimator.get("_target_") == ESTIMATOR else 0
