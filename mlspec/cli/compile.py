"""`mlspec compile`: a spec in, the bundle's files out."""

from pathlib import Path

import click

from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say, show_json


@click.command("compile")
@spec_options
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to [.mlspec/bundle/<stack>]."
)
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, out: Path | None, as_json: bool) -> int:
    """Write what SPEC compiles to: the Pulumi program, the workflow, the code that runs.

    \b
    Example:
      mlspec compile flight-delay.yaml --out build/
    """
    project = project_of(spec, environment, overrides)
    folder = out or project.home / "bundle" / project.stack
    project.write(folder)
    if as_json:
        show_json({"digest": project.bundle.digest, "folder": str(folder), "files": sorted(project.bundle.files)})
        return 0
    kinds = sorted({path.split("/")[0] for path in project.bundle.files})
    say(f"{len(project.bundle.files)} files in {folder}: {', '.join(kinds)}")
    say(f"bundle {project.bundle.digest}", "dim")
    next_command(f"mlspec plan {spec}")
    return 0
