"""The secrets a bundle names, and whether the deployment was given them all."""

from collections.abc import Mapping
from typing import Any

from mlspec.specs.diagnostics import Diagnostic
from mlspec.targets.local.engine.errors import DeployError


def secrets_named(encoded: Any) -> set[str]:
    """The names of all secrets in values of graph.json."""
    match encoded:
        case {"$secret": str(name)}:
            return {name}
        case dict():
            return set().union(*(secrets_named(item) for item in encoded.values()))
        case list():
            return set().union(*(secrets_named(item) for item in encoded))
        case _:
            return set()


def require_secrets(encoded: Any, given: Mapping[str, str]) -> None:
    """Raise DeployError for each secret that has no value."""
    missing = sorted(secrets_named(encoded) - set(given))
    if missing:
        hint = "give the value in the deployment's configuration; it is never written to the state"
        raise DeployError([Diagnostic("ML606", f"the secret '{name}' has no value", hint=hint) for name in missing])
