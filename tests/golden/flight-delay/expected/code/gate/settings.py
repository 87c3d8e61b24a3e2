"""The gates of flight-delay; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="roc_auc", line="flight-delay.yaml:41", minimum=0.6),
    Gate(metric="roc_auc", line="flight-delay.yaml:42", tolerance=0.005, confidence=0.95),
    Gate(metric="roc_auc", line="flight-delay.yaml:43", minimum=0.52, each="carrier", min_rows=500),
    Gate(metric="latency_p99", line="flight-delay.yaml:44", maximum=20.0),
)
