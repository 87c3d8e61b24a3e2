"""What a bundle holds and no service runs yet, told before anybody plans with it."""

from collections.abc import Mapping
from typing import Any

from mlspec.specs.diagnostics import Diagnostic

_HINT = "`mlspec compile` writes the image's folder, code/container, and `mlspec serve` runs it here; lambda is hosted"


def unhosted(lock: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """Why the bundle of this `mlspec.lock` cannot be planned or applied; nothing where it can."""
    if lock["spec"]["serving"]["target"] != "container":
        return ()
    place = lock["origins"].get("serving.target", lock["origins"].get("serving", ""))
    where = f" ({place})" if place else ""
    return (Diagnostic("ML407", f"nothing on AWS hosts a container yet{where}", path="serving.target", hint=_HINT),)
