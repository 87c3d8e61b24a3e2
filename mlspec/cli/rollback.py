"""`mlspec rollback`: the previous release serves again."""

from pathlib import Path

import click

from mlspec.cli.deployed import deployment_of
from mlspec.cli.exits import Exit
from mlspec.cli.options import approve_option, json_option, spec_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import confirm, next_command, say, show_json


@click.command("rollback")
@spec_options
@approve_option
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, auto_approve: bool, as_json: bool) -> int:
    """Put the previous release back: it takes all traffic at once.

    \b
    Example:
      mlspec rollback flight-delay.yaml --auto-approve
    """
    deployment = deployment_of(project_of(spec, environment, overrides))
    champion = deployment.champion()
    previous = (champion or {}).get("previous")
    if not champion or not previous:
        click.echo("there is no earlier release to go back to", err=True)
        return int(Exit.ERROR)
    confirm(f"Send all traffic from {champion['release']} back to {previous['release']}?", approved=auto_approve)
    answer = deployment.rollback()
    if as_json:
        show_json(answer)
    else:
        say(f"{previous['release']} (version {previous['version']}) serves again", "good")
        next_command(f"mlspec status {spec}")
    return int(Exit.DONE)
