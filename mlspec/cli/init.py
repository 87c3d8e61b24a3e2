"""`mlspec init`: a template's name in, a spec that validates out."""

from pathlib import Path

import click

from mlspec.cli.exits import Exit
from mlspec.cli.terminal import next_command, say

TEMPLATES = ("binary", "multiclass", "regression")


@click.command("init")
@click.argument("template", type=click.Choice(TEMPLATES))
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="The model's name [the file's].")
@click.option("--force", is_flag=True, help="Overwrite SPEC.")
def command(template: str, spec: Path, *, name: str | None, force: bool) -> int:
    """Write a new SPEC from TEMPLATE.

    \b
    Example:
      mlspec init binary churn.yaml
    """
    from mlspec.specs.init import init_spec

    if spec.exists() and not force:
        click.echo(f"{spec} exists: add --force to overwrite it", err=True)
        return int(Exit.USAGE)
    spec.write_text(init_spec(template, name or spec.stem.replace("_", "-").lower()))
    say(f"wrote {spec}")
    next_command(f"mlspec validate {spec}", f"mlspec plan {spec}")
    return int(Exit.DONE)
