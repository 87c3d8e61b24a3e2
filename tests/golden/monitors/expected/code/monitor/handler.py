"""The entry point of churn's monitor: what the spec says is watched."""

from mlspec.runtime.monitor import Monitor
from mlspec.runtime.monitor_rules import Watch

WATCHES: tuple[Watch, ...] = (
    # spec.yaml:14:5
    Watch(
        signal="data_drift",
        method="psi",
        window=172800000,  # 2d
        min_rows=200,
        columns=("plan", "logins"),
    ),
    # spec.yaml:15:5
    Watch(
        signal="prediction_drift",
        method="js",
        window=86400000,  # 1d
        min_rows=200,
    ),
)

handler = Monitor(WATCHES)
