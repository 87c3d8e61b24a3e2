"""A retention in the spec becomes one that CloudWatch Logs knows, never a shorter one."""

from mlspec.specs.units import Duration

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
ALLOWED_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


def retention_days(retention: Duration) -> int:
    """The shortest retention that CloudWatch Logs has and that is no shorter than asked; 0 keeps lines for ever."""
    return next((days for days in ALLOWED_DAYS if days >= retention.days), 0)
