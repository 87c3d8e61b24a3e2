"""Compiles for AWS: a checked spec becomes a bundle, by way of the graph and its passes."""

from collections.abc import Mapping
from dataclasses import replace

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.emit import emit_bundle
from mlspec.compiler.passes import run_passes
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.load import with_lines
from mlspec.targets.aws.inputs import local_inputs
from mlspec.targets.aws.lower import lower
from mlspec.targets.aws.types import TYPES

__all__ = ["compile_spec", "local_inputs"]


def compile_spec(checked: Checked, inputs: Mapping[str, bytes]) -> Bundle:
    """The bundle; `inputs` are the local data files' bytes by name. Raises SpecError, with the warnings there are."""
    try:
        return emit_bundle(run_passes(lower(checked, inputs), TYPES), TYPES, checked)
    except SpecError as error:
        raise SpecError([*with_lines(_overridden(checked, error), checked.texts), *checked.warnings]) from None


def _overridden(checked: Checked, error: SpecError) -> list[Diagnostic]:
    """What is refused of a value that an override set shows the override: it has no line of a file."""
    return [
        replace(one, line=checked.origins.of(one.path).text) if one.path and one.span is None and not one.line else one
        for one in error.diagnostics
    ]
