"""The gates of churn; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="roc_auc", line="spec.yaml:14", minimum=0.7),
    Gate(metric="log_loss", line="spec.yaml:15", maximum=0.4),
    Gate(metric="roc_auc", line="spec.yaml:16", tolerance=0.01, confidence=0.9),
    Gate(metric="roc_auc", line="spec.yaml:17", minimum=0.6, each="plan", min_rows=50),
    Gate(metric="latency_p99", line="spec.yaml:18", maximum=15.0),
)
