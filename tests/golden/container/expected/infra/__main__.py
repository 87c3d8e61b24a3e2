"""The stack churn-dev, written by mlspec; change the spec, not this file."""
