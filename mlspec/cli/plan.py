"""`mlspec plan`: what an apply would change, grouped by who reviews it, and what that means."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlspec.cli.advice import heed, strict_option
from mlspec.cli.cloudmark import running_cloud
from mlspec.cli.exits import Exit
from mlspec.cli.options import fleet_of, fleet_options, json_option, target_option
from mlspec.cli.outputs import OutFile, writing
from mlspec.cli.project import Project, project_of
from mlspec.cli.terminal import next_command, say, show_json, style

if TYPE_CHECKING:
    from mlspec.cli.fleet import Fleet
    from mlspec.compiler.plan import Plan
    from mlspec.compiler.state import State


@click.command("plan")
@fleet_options
@target_option
@click.option("--out", type=OutFile(), help="Seal the plan into a file for apply.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json", "markdown")), default="text", help="How to print it."
)
@strict_option
@json_option
@click.option(
    "--whole", is_flag=True, help="Show every property of what is made or destroyed, not only of what changes."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--expect-no-changes", is_flag=True, help="Exit with 7 when there are changes.")
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    changed_since: str,
    jobs: int | None,
    target: str,
    out: Path | None,
    form: str,
    strict: bool,
    as_json: bool,
    whole: bool,
    detailed_exitcode: bool,
    expect_no_changes: bool,
) -> int:
    """Show what an apply of SPEC would change, and what that means.

    \b
    Example:
      mlspec plan flight-delay.yaml --out flight-delay.plan
      mlspec apply flight-delay.plan
      mlspec plan models/ --changed-since main
    """
    changed = Exit.UNEXPECTED_CHANGES if expect_no_changes else Exit.CHANGES if detailed_exitcode else Exit.DONE
    fleet = fleet_of(spec, environment, overrides, since=changed_since, jobs=jobs, strict=strict)
    if fleet is not None:
        only_one = bool(out or whole or form == "markdown")
        return _fleet(fleet, changed, only_one=only_one, as_json=as_json or form == "json")
    project = project_of(spec, environment, overrides)
    heed(project, strict=strict)
    plan = plan_of(project)
    print_plan(plan, "json" if as_json else form, whole=whole)
    if out:
        with writing(out):
            write_plan(plan, project, out)
    if form == "text" and not as_json:
        next_command(f"mlspec apply {out or spec}" if not plan.empty else f"mlspec status {spec}")
    return int(Exit.DONE if plan.empty else changed)


def _fleet(fleet: "Fleet", changed: Exit, *, only_one: bool, as_json: bool) -> int:
    from mlspec.cli.fleet import run_fleet
    from mlspec.cli.fleet_acts import PlanOne
    from mlspec.cli.fleet_report import report

    if only_one:
        raise click.UsageError("--out, --whole and --format markdown are for one spec, not for a folder")
    return report(run_fleet(fleet, PlanOne(changed)), fleet, as_json=as_json)


def plan_of(project: Project) -> "Plan":
    """The plan from what is recorded as deployed to the project's bundle."""
    from mlspec.compiler.plan import make_plan

    check_hosted(project)
    return make_plan(project.bundle, deployed_state(project), where=running_cloud(project))


def check_hosted(project: Project) -> None:
    """Raise SpecError where the bundle holds what no service runs yet: a plan without it would look complete."""
    from mlspec.specs.diagnostics import SpecError
    from mlspec.targets.aws.hosting import unhosted

    if problems := unhosted(project.lock):
        raise SpecError(problems)


def deployed_state(project: Project) -> "State | None":
    """The recorded state; a state of a mocked cloud that is gone counts as nothing deployed."""
    state, running = project.store().load(), running_cloud(project)
    return state if state is not None and running is not None and state.cloud == running.cloud else None


def print_plan(plan: "Plan", form: str, *, whole: bool = False) -> None:
    """`plan` in one of its forms."""
    from mlspec.compiler.plan import plan_document, render_markdown, render_text

    if form == "json":
        show_json(plan_document(plan))
    else:
        text = render_markdown(plan) if form == "markdown" else render_text(plan, style=style, whole=whole)
        say(text.rstrip("\n"))


def write_plan(plan: "Plan", project: Project, out: Path) -> None:
    """The sealed plan, with how to compile the same bundle again."""
    from mlspec.compiler.plan import seal

    document = {
        "spec": str(project.path.resolve()),
        "environment": project.environment,
        "overrides": list(project.overrides),
        "library": project.library,
        "sealed": seal(plan).decode(),
    }
    out.write_text(json.dumps(document, indent=2))
