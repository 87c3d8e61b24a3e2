"""Runs an emitted Pulumi program in process and makes what it asks for in a mocked cloud."""

from mlspec.targets.local.engine.apply import apply_bundle, destroy_stack
from mlspec.targets.local.engine.errors import DeployError, LockHeld, PartlyApplied
from mlspec.targets.local.engine.events import Event
from mlspec.targets.local.engine.state_file import StateStore

__all__ = [
    "DeployError",
    "Event",
    "LockHeld",
    "PartlyApplied",
    "StateStore",
    "apply_bundle",
    "destroy_stack",
]
