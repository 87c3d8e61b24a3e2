"""The arguments many commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from mlspec.cli.fleet import Fleet

F = TypeVar("F", bound=Callable[..., Any])

_SPEC = click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_SPECS = click.argument("spec", type=click.Path(exists=True, path_type=Path))
_ENV = click.option(
    "--env", "environment", default="dev", show_default=True, help="Which environment's overlay to use."
)
_OVERRIDES = click.argument("overrides", nargs=-1, metavar="[OVERRIDE]...")
_CHOSEN = f"{__name__}.library"

# Told under the help of every command that takes overrides.
OVERRIDES_HELP = """\b
An OVERRIDE changes the spec for this command; keys are written as mlspec explain lists them:
  key.path=value     set a key:          serving.memory='2 GiB'   gates[0].min=0.7
  +key.path=value    set one that is not there yet
  ~key.path          remove one
  profile=name       lay the spec over another file of a library
  names stay as they are, with their dots and spaces:   'data.columns.sepal.length.max=9'
"""

_SINCE = click.option("--changed-since", metavar="REV", default="", help="Of a folder: what changed since.")
_JOBS = click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Of a folder: how many at once.")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
approve_option = click.option("--auto-approve", is_flag=True, help="Do not ask.")
target_option = click.option(
    "--target",
    type=click.Choice(["local"]),
    default="local",
    show_default=True,
    help="Where to deploy: the mocked cloud on this machine.",
)


def _choose_library(context: click.Context, _: click.Parameter, given: str) -> None:
    """A folder is kept by its whole path: what is sealed or cached under it is read from other places."""
    context.meta[_CHOSEN] = os.path.abspath(given) if os.path.isdir(given) else given


library_option = click.option(
    "--library",
    default="",
    metavar="WHERE",
    expose_value=False,  # every command compiles with it and none reads it: whoever makes the project does
    callback=_choose_library,
    help="The team's library: a folder or an installed package [mlspec.toml].",
)


def chosen_library() -> str:
    """What --library of the running command says: a folder's whole path, a package's name, or nothing."""
    context = click.get_current_context(silent=True)
    return str(context.meta.get(_CHOSEN, "")) if context else ""


def spec_options(function: F) -> F:
    """SPEC, --env, --library, and key=value overrides."""
    return _SPEC(_ENV(library_option(_OVERRIDES(function))))


def fleet_options(function: F) -> F:
    """SPEC, which may be a folder of specs, --env, --library, overrides, and which of the folder's specs."""
    return _SPECS(_ENV(library_option(_OVERRIDES(_SINCE(_JOBS(function))))))


def fleet_of(
    spec: Path, environment: str, overrides: tuple[str, ...], *, since: str, jobs: int | None, strict: bool
) -> "Fleet | None":
    """The fleet where SPEC is a folder; for a file, that there is none."""
    if spec.is_dir():
        from mlspec.cli.fleet import Fleet

        return Fleet(spec, environment, overrides, since, jobs or 0, strict, chosen_library())
    if since or jobs:
        raise click.UsageError("--changed-since and --jobs are for a folder of specs")
    return None
