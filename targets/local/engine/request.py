"""One registration of a program, as the rest of the engine sees it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """`dependencies` and `property_dependencies` are logical names, sorted; inputs still hold secrets and files."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False
    retain_on_delete: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, Any]:
        """What the state keeps of the options: those that are set."""
        options = {
            "protect": self.protect,
            "ignore_changes": list(self.ignore_changes),
            "delete_before_replace": self.delete_before_replace,
            "retain_on_delete": self.retain_on_delete,
        }
        return {name: value for name, value in options.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program is told: the id, and every output."""

    id: str
    outputs: dict[str, Any]
