"""The gates of ticket-routing; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="balanced_accuracy", line="multiclass.yaml:33", minimum=0.6),
    Gate(metric="f1", line="multiclass.yaml:34", tolerance=0.01, confidence=0.95),
    Gate(metric="accuracy", line="multiclass.yaml:35", minimum=0.55, each="channel", min_rows=200),
    Gate(metric="latency_p99", line="multiclass.yaml:36", maximum=20.0),
)
