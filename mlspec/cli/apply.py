"""`mlspec apply`: a spec or a sealed plan in, exactly those changes made."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

from mlspec.cli.cloudmark import running_cloud
from mlspec.cli.exits import Exit
from mlspec.cli.options import approve_option, chosen_library, json_option, spec_options, target_option
from mlspec.cli.plan import check_hosted, deployed_state, print_plan
from mlspec.cli.project import Project, project_of
from mlspec.cli.terminal import confirm, is_terminal, next_command, say, show_json, working


@click.command("apply")
@spec_options
@target_option
@approve_option
@json_option
def command(
    spec: Path, environment: str, overrides: tuple[str, ...], *, target: str, auto_approve: bool, as_json: bool
) -> int:
    """Make the changes of SPEC, or of a plan file that `mlspec plan --out` sealed.

    \b
    Example:
      mlspec apply flight-delay.yaml --auto-approve
      mlspec apply flight-delay.plan
    """
    from mlspec.compiler.plan import make_plan, stale
    from mlspec.specs.diagnostics import SpecError

    project, sealed = _read(spec, environment, overrides)
    check_hosted(project)
    cloud = project.cloud(start=True)
    state = deployed_state(project)
    plan = make_plan(project.bundle, state)
    if sealed is not None:
        moved = stale(sealed, project.bundle, state, where=running_cloud(project))
        if moved:
            raise SpecError([moved])
    if plan.empty:
        say("No changes: what is deployed is what the spec says.", "good")
        next_command(f"mlspec run {project.path}", f"mlspec status {project.path}", of=project)
        return int(Exit.DONE)
    if sealed is None and not as_json:
        print_plan(plan, "text")
    confirm("Make these changes?", approved=auto_approve or sealed is not None)
    applied = deploy(project, cloud, changes=len(plan.changed), quiet=as_json)
    _restore(project, quiet=as_json)
    if as_json:
        show_json({"bundle": applied.bundle, "serial": applied.serial, "resources": len(applied.resources)})
    else:
        say(
            f"Applied {len(plan.changed)} changes; {len(applied.resources)} resources, serial {applied.serial}.", "good"
        )
        next_command(f"mlspec run {project.path}", f"mlspec status {project.path}", of=project)
    return int(Exit.DONE)


def deploy(project: Project, cloud: Any, *, changes: int, quiet: bool = False) -> Any:
    """Write the bundle, build its packages for this machine, run its program against `cloud`; the new state."""
    from mlspec.targets.local.engine import apply_bundle
    from mlspec.targets.packaging import Platform, build_packages

    folder = project.home / "bundle" / project.stack
    project.write(folder)
    with working("package the code units"):
        build_packages(project.bundle, folder, where=Platform.local())
    with Progress(changes, quiet=quiet) as progress:
        return apply_bundle(folder, cloud=cloud, store=project.store(), progress=progress)


def _restore(project: Project, *, quiet: bool) -> None:
    """A function that was made anew has no versions: what served gets one again, at once."""
    from mlspec.cli.deployed import deployment_of

    deployment = deployment_of(project)
    champion = deployment.champion()
    if champion is None or champion["version"] in deployment.weights():
        return
    answer = deployment.restore()
    if answer["status"] == "champion" and not quiet:
        say(f"{answer['release']} serves again, as version {answer['version']} of the new function", "good")


def _read(path: Path, environment: str, overrides: tuple[str, ...]) -> tuple[Project, Any]:
    """The project, and the sealed plan when `path` is one."""
    text = path.read_bytes()
    if not text.startswith(b'{\n  "spec"'):
        return project_of(path, environment, overrides), None
    from mlspec.compiler.plan import unseal

    document = json.loads(text)
    settings = (document["environment"], tuple(document["overrides"]), chosen_library() or document.get("library", ""))
    project = Project(Path(document["spec"]), *settings)
    return project, unseal(document["sealed"].encode())


class Progress:
    """Tells each change as it is made: a bar on a terminal, a count at the end elsewhere."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._total = total
        self._bar: Any = None
        self._live = is_terminal() and not quiet

    def __enter__(self) -> Self:
        if self._live:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("apply", total=self._total)
        return self

    def __call__(self, event: Any) -> None:
        if event.action == "warn":
            say(f"  {event.detail}", "risk")
        elif self._bar is not None and event.action != "keep":
            self._bar.update(self._task, advance=1, description=f"{event.action} {event.resource}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
