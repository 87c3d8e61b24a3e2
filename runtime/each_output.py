"""One model for each output, of an estimator that answers one number: fitted apart, answering as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class EachOutput:
    """Fitted models, in the order of the outputs."""

    def __init__(self, models: Sequence[Any]) -> None:
        self.models = tuple(models)

    def predict(self, matrix: "np.ndarray") -> "np.ndarray":
        """Values [rows, outputs] of the float32 matrix [rows, features]."""
        import numpy as np

        return np.column_stack([model.predict(matrix) for model in self.models])
