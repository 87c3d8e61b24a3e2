"""The gates of churn; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = ()
