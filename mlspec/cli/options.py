"""The arguments many commands share."""

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
_OVERRIDES = click.argument("overrides", nargs=-1)

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


def spec_options(function: F) -> F:
    """SPEC, --env, and key=value overrides."""
    return _SPEC(_ENV(_OVERRIDES(function)))


def fleet_options(function: F) -> F:
    """SPEC, which may be a folder of specs, --env, overrides, and which of the folder's specs."""
    return _SPECS(_ENV(_OVERRIDES(_SINCE(_JOBS(function)))))


def fleet_of(
    spec: Path, environment: str, overrides: tuple[str, ...], *, since: str, jobs: int | None, strict: bool
) -> "Fleet | None":
    """The fleet where SPEC is a folder; for a file, that there is none."""
    if spec.is_dir():
        from mlspec.cli.fleet import Fleet

        return Fleet(spec, environment, overrides, since, jobs or 0, strict)
    if since or jobs:
        raise click.UsageError("--changed-since and --jobs are for a folder of specs")
    return None
