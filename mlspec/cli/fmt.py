"""`mlspec fmt`: specs in, the same specs in one style out; no comment, no order and no meaning changes."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from mlspec.cli.exits import Exit
from mlspec.cli.fleet_files import is_spec, specs_in
from mlspec.cli.project import Project
from mlspec.cli.terminal import next_command, say, show_diagnostics
from mlspec.specs.diagnostics import Diagnostic, SpecError


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, metavar="SPEC...", type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when a spec is not in the style.")
def command(paths: tuple[Path, ...], *, check: bool) -> int:
    """Put each SPEC, or each spec of a folder, into the one style; comments and the order of keys stay.

    \b
    Example:
      mlspec fmt flight-delay.yaml
      mlspec fmt models/ --check
    """
    found: list[Diagnostic] = []
    changed = same = 0
    for path in dict.fromkeys(_specs(paths)):
        try:
            if _format(path, check=check):
                changed += 1
                say(f"{'not in the style' if check else 'formatted'}: {path}")
            else:
                same += 1
        except SpecError as error:
            found.extend(error.diagnostics)
    say(f"{changed} {'to be formatted' if check else 'formatted'}, {same} as they should be", "dim")
    if found:
        show_diagnostics(found)
        return int(Exit.INVALID)
    if changed:
        next_command(f"mlspec fmt {paths[0]}" if check else f"mlspec validate {paths[0]}", of=Project(paths[0]))
    return int(Exit.CHANGES if check and changed else Exit.DONE)


def _specs(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The specs named; a file that does not say it is one is left alone, whatever tool passed its name."""
    for path in paths:
        if path.is_dir():
            yield from specs_in(path)
        elif is_spec(path):
            yield path
        else:
            say(f"left alone, no apiVersion of mlspec: {path}", "dim")


def _format(path: Path, *, check: bool) -> bool:
    from mlspec.specs.formatting import format_text
    from mlspec.specs.load import with_lines
    from mlspec.specs.yaml_text import read_text

    text = read_text(path, str(path))
    try:
        formatted = format_text(text, str(path)).encode()
    except SpecError as error:
        raise SpecError(with_lines(error.diagnostics, {str(path): text})) from None
    if formatted == path.read_bytes():
        return False
    if not check:
        replace_file(path, formatted)
    return True


def replace_file(path: Path, content: bytes) -> None:
    """The file anew, whole or not at all, with the permissions it had; behind a link, the file itself."""
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.chmod(target.stat().st_mode)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
