"""What churn allows: spec.yaml:15."""

from mlspec.runtime.retraining import Limits

LIMITS = Limits(
    automatic=True,
    cooldown=172800.0,
    max_per_month=4,
    min_new_rows=0,
)
