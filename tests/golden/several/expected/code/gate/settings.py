"""The gates of parcels; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="r2", line="spec.yaml:18", minimum=0.4),
    Gate(metric="rmse of hours", line="spec.yaml:19", maximum=6.0),
    Gate(metric="mae of cents", line="spec.yaml:20", maximum=150.0, each="zone", min_rows=100),
    Gate(metric="mae of hours", line="spec.yaml:21", tolerance=0.0, confidence=0.95),
)
