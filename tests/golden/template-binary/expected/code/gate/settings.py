"""The gates of churn; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="roc_auc", line="binary.yaml:32", minimum=0.7),
    Gate(metric="roc_auc", line="binary.yaml:33", tolerance=0.005, confidence=0.95),
    Gate(metric="roc_auc", line="binary.yaml:34", minimum=0.62, each="plan", min_rows=200),
    Gate(metric="latency_p99", line="binary.yaml:35", maximum=20.0),
)
