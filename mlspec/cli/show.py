"""`mlspec show`: a spec in; all that it says after composition, and where each value is from, out."""

from pathlib import Path

import click

from mlspec.cli.options import json_option, spec_options
from mlspec.cli.terminal import show_json


@click.command("show")
@spec_options
@click.option("--library", default="", help="The team's library: a folder or an installed package [mlspec.toml].")
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, library: str, as_json: bool) -> int:
    """Print SPEC with everything its profiles and the language add, each value with the place it came from.

    \b
    Example:
      mlspec show flight-delay.yaml --env prod
    """
    from mlspec.specs.load import load_spec
    from mlspec.specs.show import shown_as_json, shown_as_yaml

    checked = load_spec(spec, environment=environment, overrides=overrides, library=library)
    if as_json:
        show_json(shown_as_json(checked))
    else:
        click.echo(shown_as_yaml(checked))
    return 0
