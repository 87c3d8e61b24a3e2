"""A project's warnings -> standard error, or, where the user is strict, the errors that end the command."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import click

from mlspec.cli.project import Project
from mlspec.cli.terminal import show_diagnostics
from mlspec.specs.diagnostics import Diagnostic, Severity, SpecError

strict_option = click.option("--strict", is_flag=True, help="Warnings are errors.")


def warnings_of(project: Project) -> tuple[Diagnostic, ...]:
    """What was advised when the bundle was compiled; a cached bundle tells it again."""
    return project.warnings


def heed(project: Project, *, strict: bool) -> None:
    """Show the warnings, or raise them."""
    found = warnings_of(project)
    if strict:
        hold_to(found)
    if found:
        show_diagnostics(found)


def hold_to(warnings: Sequence[Diagnostic]) -> None:
    """Raise what there is."""
    if warnings:
        raise SpecError(as_errors(warnings))


def as_errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The same, each an error."""
    return [replace(diagnostic, severity=Severity.ERROR) for diagnostic in diagnostics]
