"""`mlspec destroy`: everything the stack made is deleted, after a yes."""

from pathlib import Path

import click

from mlspec.cli.apply import Progress
from mlspec.cli.exits import Exit
from mlspec.cli.options import approve_option, json_option, spec_options, target_option
from mlspec.cli.plan import print_plan
from mlspec.cli.project import project_of
from mlspec.cli.terminal import confirm, next_command, say, show_json


@click.command("destroy")
@spec_options
@target_option
@approve_option
@json_option
def command(
    spec: Path, environment: str, overrides: tuple[str, ...], *, target: str, auto_approve: bool, as_json: bool
) -> int:
    """Delete everything the stack of SPEC made, its data and models too.

    \b
    Example:
      mlspec destroy flight-delay.yaml --auto-approve
    """
    from mlspec.cli.plan import deployed_state
    from mlspec.compiler.plan import destroy_plan
    from mlspec.targets.local.engine import destroy_stack

    project = project_of(spec, environment, overrides)
    state = deployed_state(project)
    if state is None or not state.resources:
        say(f"stack {project.stack} is not deployed: nothing to destroy")
        return int(Exit.DONE)
    plan = destroy_plan(state)
    if not as_json:
        print_plan(plan, "text")
    confirm(f"Delete all of {project.stack}?", approved=auto_approve)
    with Progress(len(plan.changed), quiet=as_json) as progress:
        destroy_stack(project.store(), cloud=project.cloud(), progress=progress)
    if as_json:
        show_json({"destroyed": len(plan.changed)})
    else:
        say(f"Destroyed {len(plan.changed)} resources.", "good")
        next_command(f"mlspec local inventory {spec}", f"mlspec local stop {spec}")
    return int(Exit.DONE)
