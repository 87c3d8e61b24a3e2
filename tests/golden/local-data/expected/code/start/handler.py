"""Decides whether a training of churn may start now."""

import os
from typing import Any

from mlspec.runtime.retraining import connect, start
from settings import LIMITS

AROUND = connect(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The answer that the workflow goes by."""
    return start(event, AROUND, LIMITS)
