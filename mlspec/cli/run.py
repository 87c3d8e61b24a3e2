"""`mlspec run`: starts the workflow and follows it to the end."""

import secrets
from pathlib import Path

import click

from mlspec.cli.deployed import deployment_of
from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say, show_json


@click.command("run")
@spec_options
@click.option("--detach", is_flag=True, help="Start it and return at once.")
@click.option("--real-time", is_flag=True, help="Do not move the mocked cloud's clock over the bake times.")
@json_option
def command(
    spec: Path, environment: str, overrides: tuple[str, ...], *, detach: bool, real_time: bool, as_json: bool
) -> int:
    """Start the workflow of SPEC (train, gate, register, roll out) and follow it to the end.

    \b
    Example:
      mlspec run flight-delay.yaml
    """
    from mlspec.cli.follow import Follower, wait_for

    project = project_of(spec, environment, overrides)
    deployment = deployment_of(project)
    cloud = project.cloud()
    arn = deployment.start_workflow(name=f"manual-{secrets.token_hex(4)}")
    if detach:
        say(arn)
        next_command(f"mlspec status {spec}")
        return int(Exit.DONE)
    say(f"workflow {arn.rpartition(':')[2]}")
    follower = Follower(deployment, arn)
    execution = wait_for(follower, on_wait=None if real_time else lambda: over_bake(cloud))
    code = follower.finish(execution)
    if as_json:
        show_json({"execution": arn, "status": execution.status, "state": execution.state, "error": execution.error})
    else:
        next_command(f"mlspec status {spec}" if code is Exit.DONE else f"mlspec logs {spec} --unit training")
    return int(code)


def over_bake(cloud: object) -> bool:
    """Move the mocked cloud's clock to the next wake-up, when all that runs is waiting for one."""
    return bool(cloud.skip_wait())  # type: ignore[attr-defined]
