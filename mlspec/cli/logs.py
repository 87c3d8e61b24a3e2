"""`mlspec logs`: a unit's last log lines."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from mlspec.cli.deployed import deployment_of
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say

UNITS = ("inference", "training", "start", "gate", "rollout", "monitor")


@click.command("logs")
@click.option("--unit", type=click.Choice(UNITS), default="inference", show_default=True, help="Whose lines.")
@click.option("--limit", default=50, show_default=True, help="How many lines at most.")
@spec_options
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, unit: str, limit: int, as_json: bool) -> int:
    """Show what a unit of SPEC logged last.

    \b
    Example:
      mlspec logs flight-delay.yaml --unit training
    """
    deployment = deployment_of(project_of(spec, environment, overrides))
    lines = list(deployment.logs(unit, limit=limit))
    if not lines and not as_json:
        say(f"{unit} has logged nothing yet")
        next_command(f"mlspec run {spec}")
    for stamp, line in lines:
        if as_json:
            say(json.dumps({"time": stamp, "line": line}))
        else:
            say(f"{datetime.fromtimestamp(stamp / 1000, UTC):%Y-%m-%d %H:%M:%S}  {line}")
    return 0
