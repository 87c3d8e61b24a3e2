"""What flight-delay allows: flight-delay.yaml:54."""

from mlspec.runtime.retraining import Limits

LIMITS = Limits(
    automatic=True,
    cooldown=6912000.0,
    max_per_month=2,
    min_new_rows=5000,
)
