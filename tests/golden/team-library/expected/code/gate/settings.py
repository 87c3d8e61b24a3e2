"""The gates of churn; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="roc_auc", line="platform/profile/acme.yaml:8", minimum=0.65),
    Gate(metric="latency_p99", line="platform/profile/acme.yaml:9", maximum=50.0),
)
