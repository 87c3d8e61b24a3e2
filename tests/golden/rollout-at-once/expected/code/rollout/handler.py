"""Moves the traffic of churn from one release to the next."""

import os
from typing import Any

from mlspec.runtime.rollout import connect, roll
from settings import STEPS

AROUND = connect(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What is so after the event's action."""
    return roll(event, AROUND, STEPS)
