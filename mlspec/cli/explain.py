"""`mlspec explain`: a key in; its value, what is allowed, what it means, and where it came from, out."""

from pathlib import Path

import click

from mlspec.cli.options import json_option
from mlspec.cli.project import project_of
from mlspec.cli.terminal import say, show_json


@click.command("explain")
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("key")
@click.option("--env", "environment", default="dev", show_default=True, help="Which environment's overlay to use.")
@click.option("--set", "overrides", multiple=True, help="An override, key=value; may be repeated.")
@json_option
def command(spec: Path, key: str, *, environment: str, overrides: tuple[str, ...], as_json: bool) -> int:
    """Say what KEY of SPEC is, what is allowed, and where its value came from.

    \b
    Example:
      mlspec explain flight-delay.yaml serving.memory --env prod
    """
    from mlspec.specs.explain import explain

    explained = explain(project_of(spec, environment, overrides).checked, key)
    if as_json:
        show_json(explained.as_json())
    else:
        say(explained.as_text())
    return 0
