"""`mlspec show`: a spec in; all that it says after composition, and where each value is from, out."""

from pathlib import Path

import click

from mlspec.cli.options import json_option, spec_options
from mlspec.cli.placing import placed_checked
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, show_json


@click.command("show")
@spec_options
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, as_json: bool) -> int:
    """Print SPEC with everything its profiles and the language add, each value with the place it came from.

    \b
    Example:
      mlspec show flight-delay.yaml --env prod
    """
    from mlspec.specs.show import shown_as_json, shown_as_yaml

    checked = placed_checked(project_of(spec, environment, overrides).checked, spec.parent)
    if as_json:
        show_json(shown_as_json(checked))
    else:
        click.echo(shown_as_yaml(checked))
        next_command(f"mlspec plan {spec}", before="# ")  # what is printed is a spec of its own
    return 0
