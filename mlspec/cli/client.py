"""`mlspec client`: a typed Python client of a spec's model, written to a folder."""

from pathlib import Path

import click

from mlspec.cli.exits import Exit
from mlspec.cli.options import spec_options
from mlspec.cli.outputs import writing
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say


@click.command("client")
@spec_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where the package goes.")
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, out: Path) -> int:
    """Write a Python package that calls SPEC's model: typed rows and predictions, sync and async.

    It needs Python 3.11 and nothing else; botocore where a function's URL wants signed requests.

    \b
    Example:
      mlspec client flight-delay.yaml --out clients/
    """
    from mlspec.compiler.units.client import client_files, names

    checked = project_of(spec, environment, overrides).checked
    with writing(out):
        for path, content in client_files(checked).items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(content)
    package, title = names(checked)
    say(f"wrote {out / package}")
    next_command(f"PYTHONPATH={out} python -c 'from {package} import {title}; help({title})'")
    return int(Exit.DONE)
