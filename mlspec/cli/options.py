"""The arguments many commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_SPEC = click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_ENV = click.option(
    "--env", "environment", default="dev", show_default=True, help="Which environment's overlay to use."
)
_OVERRIDES = click.argument("overrides", nargs=-1)

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
