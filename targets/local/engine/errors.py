"""What an apply or a destroy can end with, each carrying its diagnostics."""

from collections.abc import Iterable

from mlspec.specs.diagnostics import Diagnostic, SpecError


class DeployError(SpecError):
    """Something could not be deployed; nothing was changed unless it is a `PartlyApplied`."""


class LockHeld(DeployError):
    """Another process is changing this stack."""


class PartlyApplied(DeployError):
    """Some changes were made and recorded; the next apply goes on from there."""


def deploy_error(code: str, message: str, *, hint: str = "") -> DeployError:
    """A DeployError of one diagnostic that has no place in the spec."""
    return DeployError([Diagnostic(code, message, hint=hint)])


def collected(diagnostics: Iterable[Diagnostic], *, changed: bool) -> DeployError:
    """One error for all of them; whether anything was changed decides its kind."""
    return PartlyApplied(diagnostics) if changed else DeployError(diagnostics)
