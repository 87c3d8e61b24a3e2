"""What churn allows: default."""

from mlspec.runtime.retraining import Limits

LIMITS = Limits(
    automatic=False,
    cooldown=0.0,
    max_per_month=0,
    min_new_rows=0,
)
