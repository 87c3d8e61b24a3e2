"""`mlspec compile`: a spec in, the bundle's files out."""

from pathlib import Path

import click

from mlspec.cli.advice import heed, strict_option
from mlspec.cli.options import fleet_of, fleet_options, json_option
from mlspec.cli.outputs import writing
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say, show_json


@click.command("compile")
@fleet_options
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to [.mlspec/bundle/<stack>]."
)
@strict_option
@json_option
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    changed_since: str,
    jobs: int | None,
    out: Path | None,
    strict: bool,
    as_json: bool,
) -> int:
    """Write what SPEC, or each spec of a folder, compiles to: the Pulumi program, the workflow, the code that runs.

    \b
    Example:
      mlspec compile flight-delay.yaml --out build/
      mlspec compile models/ --changed-since main
    """
    fleet = fleet_of(spec, environment, overrides, since=changed_since, jobs=jobs, strict=strict)
    if fleet is not None:
        from mlspec.cli.fleet import run_fleet
        from mlspec.cli.fleet_acts import Compile
        from mlspec.cli.fleet_report import report

        return report(run_fleet(fleet, Compile(spec, out)), fleet, as_json=as_json)
    project = project_of(spec, environment, overrides)
    heed(project, strict=strict)
    folder = out or project.home / "bundle" / project.stack
    with writing(folder):
        project.write(folder)
    if as_json:
        show_json({"digest": project.bundle.digest, "folder": str(folder), "files": sorted(project.bundle.files)})
        return 0
    kinds = sorted({path.split("/")[0] for path in project.bundle.files})
    say(f"{len(project.bundle.files)} files in {folder}: {', '.join(kinds)}")
    say(f"bundle {project.bundle.digest}", "dim")
    in_a_container = project.spec["serving"]["target"] == "container"
    next_command(f"mlspec serve {spec}" if in_a_container else f"mlspec plan {spec}")
    return 0
