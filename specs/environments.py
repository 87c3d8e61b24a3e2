"""The `environments` of a spec -> its overlays by name, and the one that was chosen."""

import re
from collections.abc import Mapping
from dataclasses import replace

from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.nearest import hint_for, shortened
from mlspec.specs.yaml_nodes import Node

_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]\Z")
_NAME_HINT = "3 to 32 lower-case letters, digits and -, beginning with a letter"


def read_environments(block: Node | None, found: list[Diagnostic]) -> dict[str, Node]:
    """The overlays that can be read; what is wrong with others becomes diagnostics."""
    if block is None or block.value is None:
        return {}
    if not isinstance(block.value, dict):
        message = "environments maps the name of an environment to what changes in it"
        found.append(Diagnostic("ML205", message, block.span, path="environments"))
        return {}
    overlays = {}
    for name, overlay in block.value.items():
        path = f"environments.{name}"
        if not _NAME.match(name):
            message = f"'{name[:60]}' cannot be the name of an environment"
            found.append(Diagnostic("ML208", message, overlay.key, path, _NAME_HINT))
        elif isinstance(overlay.value, dict) or overlay.value is None:
            overlays[name] = replace(overlay, value=overlay.value or {})
        else:
            message = f"environment '{name}' is a mapping of what changes in it"
            found.append(Diagnostic("ML205", message, overlay.span, path))
    return overlays


def choose(environments: Mapping[str, Node], environment: str, found: list[Diagnostic]) -> Node | None:
    """The overlay of the environment; `dev` needs none."""
    if environment not in environments and environment != "dev":
        hint = hint_for(environment, ["dev", *environments], "environments")
        first = next((node.key for node in environments.values()), None)
        message = f"there is no environment '{shortened(environment)}'"
        found.append(Diagnostic("ML304", message, first, "environments", hint))
    return environments.get(environment)
