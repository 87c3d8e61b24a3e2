"""`mlspec package`: a spec in; zips and image contexts out, each with its size, its start-up time, and why it is so."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import Project, project_of
from mlspec.cli.terminal import next_command, say, show_json, table, working

if TYPE_CHECKING:
    from mlspec.targets.packaging.planner import Choice

_MEBIBYTE = 2**20


@click.command("package")
@spec_options
@click.option("--here", is_flag=True, help="For this machine, as the mocked cloud runs it, instead of for Lambda.")
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, here: bool, as_json: bool) -> int:
    """Build what SPEC ships: a zip for each function, or an image's build context where a zip would be too large.

    \b
    Example:
      mlspec package flight-delay.yaml
      mlspec package flight-delay.yaml serving.package=image
    """
    project = project_of(spec, environment, overrides)
    folder = project.home / "bundle" / project.stack
    project.write(folder)
    with nullcontext() if as_json else working("package the code units"):
        choices = _choices(project, folder, here=here)
    if as_json:
        show_json({"folder": str(folder / "packages"), "packages": [_json(choice) for choice in choices]})
    else:
        _show(choices, folder)
        in_a_container = project.spec["serving"]["target"] == "container"
        if in_a_container:
            say(f"the server's image is built by: docker build {folder / 'code' / 'container'}")
        next_command(f"mlspec serve {spec}" if in_a_container else f"mlspec plan {spec}")
    from mlspec.targets.packaging.planner import refused

    return int(Exit.ERROR if refused(choices) else Exit.DONE)


def _choices(project: Project, folder: Path, *, here: bool) -> list["Choice"]:
    from mlspec.targets.aws.forms import form_of
    from mlspec.targets.packaging import Platform, build_packages
    from mlspec.targets.packaging.build import platform_of
    from mlspec.targets.packaging.image import write_context
    from mlspec.targets.packaging.measure import init_seconds, modules_of
    from mlspec.targets.packaging.planner import SERVING, choose

    serving = project.checked.spec.serving
    chosen = []
    for package in build_packages(project.bundle, folder, where=Platform.local() if here else None, limited=False):
        where = Platform.local() if here else platform_of(package.unit, project.bundle)
        init = None
        if package.unit in SERVING:
            modules = modules_of(package.unit, image=form_of(serving).name == "image")
            init = init_seconds(package.path, where, modules=modules)
        choice = choose(package, init=init, asked=serving.package, memory=serving.memory.bytes)
        if choice.form.name == "image":
            write_context(package.path, folder / "packages" / package.unit, where)
        chosen.append(choice)
    return chosen


def _show(choices: list["Choice"], folder: Path) -> None:
    rows = [
        (
            choice.package.unit,
            choice.form.name,
            f"{choice.package.zipped / _MEBIBYTE:.1f}",
            f"{choice.package.unpacked / _MEBIBYTE:.1f}",
            "" if choice.init is None else f"{choice.init * 1000:.0f}",
            choice.form.why,
        )
        for choice in choices
    ]
    table(("unit", "form", "zip MiB", "unpacked MiB", "starts ms", "why"), rows)
    for note in sorted({choice.package.note for choice in choices if choice.package.note}):
        say(note, "dim")
    say(f"written to {folder / 'packages'}", "dim")


def _json(choice: "Choice") -> dict[str, Any]:
    package = choice.package
    sizes = {"zipped": package.zipped, "unpacked": package.unpacked, "room": choice.form.room}
    told = {"unit": package.unit, "form": choice.form.name, "why": choice.form.why, "digest": package.digest}
    return {**told, **sizes, "init_seconds": choice.init, "note": package.note}
