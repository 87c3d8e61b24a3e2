"""What an apply tells while it works: one event for each resource, and warnings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Action = Literal["create", "update", "replace", "delete", "keep", "fail", "warn"]


@dataclass(frozen=True, slots=True)
class Event:
    """`action` was done to `resource` (its logical name); a warning has no resource but a `detail`."""

    action: Action
    resource: str = ""
    type: str = ""
    detail: str = ""


Progress: TypeAlias = Callable[[Event], None]


def silent(event: Event) -> None:
    """Tells nobody."""
