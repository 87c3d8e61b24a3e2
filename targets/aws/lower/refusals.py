"""What the language can say and AWS cannot be given yet, or never: each with its place and a way out, none ignored."""

from collections.abc import Mapping

from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic
from mlspec.targets.aws.lower import limits, packages, unbuilt
from mlspec.targets.aws.lower.refusal import Refusal, Rule

RULES: tuple[tuple[str, Rule], ...] = (
    ("ML401", unbuilt.serving_target),
    ("ML401", unbuilt.training),
    ("ML401", unbuilt.approvals),
    ("ML401", unbuilt.quality),
    ("ML401", unbuilt.budget),
    ("ML401", unbuilt.governance),
    ("ML401", unbuilt.drift_in_rollout),
    ("ML402", limits.schemes),
    ("ML403", unbuilt.idle_keys),
    ("ML403", unbuilt.idle_fit),
    ("ML403", unbuilt.idle_steps),
    ("ML403", unbuilt.idle_on_container),
    ("ML403", packages.idle_package),
    ("ML404", packages.package_fits),
    ("ML404", packages.no_snapshot_of_images),
    ("ML404", limits.limits),
    ("ML404", limits.windows),
    ("ML404", limits.lambda_python),
    ("ML404", limits.snap_start),
    ("ML405", limits.rollback_limits),
    ("ML406", limits.images),
)


def refusals(checked: Checked, inputs: Mapping[str, bytes]) -> tuple[Diagnostic, ...]:
    """Everything in the spec that is refused, all at once."""
    found = [(code, refusal) for code, rule in RULES for refusal in rule(checked.spec)]
    found += [("ML402", refusal) for refusal in limits.unread_data(checked.spec, inputs)]
    return tuple(_diagnostic(checked, code, refusal) for code, refusal in found)


def _diagnostic(checked: Checked, code: str, refusal: Refusal) -> Diagnostic:
    span = checked.origins.of(refusal.path).span
    lines = checked.texts.get(span.file, "").splitlines() if span else []
    line = lines[span.line - 1] if span and span.line <= len(lines) else ""
    return Diagnostic(code, refusal.message, span, refusal.path, refusal.hint, line)
