"""Lowering: each block of a checked spec becomes AWS resources, and what each of them may do."""

from mlspec.targets.aws.lower.run import LOWERINGS, lower

__all__ = ["LOWERINGS", "lower"]
