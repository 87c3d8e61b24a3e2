"""The entry point of flight-delay's monitor: what the spec says is watched."""

from mlspec.runtime.monitor import Monitor
from mlspec.runtime.monitor_rules import Watch

WATCHES: tuple[Watch, ...] = (
    # flight-delay.yaml:51:5
    Watch(
        signal="data_drift",
        method="psi",
        window=604800000,  # 7d
        min_rows=3000,
        columns="top 10",
    ),
    # flight-delay.yaml:52:5
    Watch(
        signal="prediction_drift",
        method="js",
        window=604800000,  # 7d
        min_rows=3000,
    ),
)

handler = Monitor(WATCHES)
