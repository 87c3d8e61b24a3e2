"""Judges each model of churn by its gates."""

import os
from typing import Any

from mlspec.runtime.verdict import connect, gate
from settings import GATES

STORE = connect(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The verdict that the workflow goes by."""
    return gate(event, STORE, GATES)
