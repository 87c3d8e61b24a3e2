"""`mlspec validate`: a spec in, every mistake of it out, each at its line."""

import sys
from pathlib import Path

import click

from mlspec.cli.exits import Exit
from mlspec.cli.options import spec_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say
from mlspec.specs.diagnostics import SpecError

FORMATS = ("text", "json", "sarif", "github")


@click.command("validate")
@spec_options
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to print diagnostics.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, form: str, as_json: bool) -> int:
    """Check SPEC and show every mistake at its line: the language, and what AWS can take.

    \b
    Example:
      mlspec validate flight-delay.yaml --env prod serving.memory='2 GiB'
    """
    project = project_of(spec, environment, overrides)
    form = "json" if as_json else form
    try:
        digest = project.bundle.digest
    except SpecError as error:
        _print(error, form)
        return int(Exit.INVALID)
    if form != "text":
        _print(SpecError([]), form)
        return int(Exit.DONE)
    say(f"{spec} is valid for environment {environment} (bundle {digest[:12]})", "good")
    next_command(f"mlspec plan {spec}")
    return int(Exit.DONE)


def _print(error: SpecError, form: str) -> None:
    from mlspec.specs import render

    printers = {
        "text": render.render_text,
        "json": render.render_json,
        "sarif": render.render_sarif,
        "github": render.render_github,
    }
    click.echo(printers[form](error.diagnostics), file=sys.stderr if form == "text" else sys.stdout)
