"""Judges each model of parcels by its gates."""

import os
from typing import Any

from mlspec.runtime.model_room import room_of
from mlspec.runtime.verdict import connect, gate
from settings import GATES

STORE, ROOM = connect(os.environ), room_of(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The verdict that the workflow goes by."""
    return gate(event, STORE, GATES, room=ROOM)
