"""The gates of house-price; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = (
    Gate(metric="r2", line="regression.yaml:33", minimum=0.5),
    Gate(metric="mae", line="regression.yaml:34", tolerance=500.0, confidence=0.95),
    Gate(metric="mae", line="regression.yaml:35", maximum=60000.0, each="region", min_rows=200),
    Gate(metric="latency_p99", line="regression.yaml:36", maximum=20.0),
)
