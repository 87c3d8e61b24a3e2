"""`mlspec validate`: a spec in, every mistake of it out, each at its line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlspec.cli.advice import as_errors, hold_to, strict_option, warnings_of
from mlspec.cli.exits import Exit
from mlspec.cli.options import fleet_of, fleet_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say, show_json
from mlspec.specs.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlspec.cli.fleet import Fleet

FORMATS = ("text", "json", "sarif", "github")


@click.command("validate")
@fleet_options
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to print diagnostics.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@strict_option
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    changed_since: str,
    jobs: int | None,
    form: str,
    as_json: bool,
    strict: bool,
) -> int:
    """Check SPEC, or each spec of a folder, and show every mistake at its line: the language, and what AWS can take.

    \b
    Example:
      mlspec validate flight-delay.yaml --env prod serving.memory='2 GiB'
      mlspec validate models/ --changed-since main
      mlspec validate flight-delay.yaml --strict --format github
    """
    form = "json" if as_json else form
    fleet = fleet_of(spec, environment, overrides, since=changed_since, jobs=jobs, strict=strict)
    if fleet is not None:
        return _fleet(fleet, form)
    project = project_of(spec, environment, overrides)
    try:
        digest = project.digest
        warnings = warnings_of(project)
        if strict:
            hold_to(warnings)
    except SpecError as error:
        _print(as_errors(error.diagnostics) if strict else error.diagnostics, form)
        return int(Exit.INVALID)
    if form != "text" or warnings:
        _print(warnings, form)
    if form != "text":
        return int(Exit.DONE)
    say(f"{spec} is valid for environment {environment} (bundle {digest[:12]})", "good")
    next_command(f"mlspec plan {spec}")
    return int(Exit.DONE)


def _fleet(fleet: "Fleet", form: str) -> int:
    from mlspec.cli.fleet import run_fleet
    from mlspec.cli.fleet_acts import validate_one
    from mlspec.cli.fleet_outcomes import diagnostics_of, worst
    from mlspec.cli.fleet_report import document, show_summary

    outcomes = run_fleet(fleet, validate_one)
    found = diagnostics_of(outcomes)
    if form == "json":
        show_json(document(outcomes))
    elif form != "text" or found:
        _print(found, form)
    if form == "text":
        show_summary(outcomes, fleet)
    return worst(outcomes)


def _print(found: "Sequence[Diagnostic]", form: str) -> None:
    from mlspec.specs import render

    printers = {
        "text": render.render_text,
        "json": render.render_json,
        "sarif": render.render_sarif,
        "github": render.render_github,
    }
    click.echo(printers[form](SpecError(found).diagnostics), file=sys.stderr if form == "text" else sys.stdout)
