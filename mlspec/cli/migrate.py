"""`mlspec migrate`: specs in an older version of the language in, the same specs in the current one out."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import click

from mlspec.cli.exits import Exit
from mlspec.cli.fleet_files import is_spec, specs_in
from mlspec.cli.fmt import replace_file
from mlspec.cli.project import Project
from mlspec.cli.terminal import next_command, say, show_diagnostics
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.versions import CURRENT, OLDER

_BOM = b"\xef\xbb\xbf"


@click.command("migrate")
@click.argument("paths", nargs=-1, required=True, metavar="SPEC...", type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when a spec is in an older version.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--from", "version", type=click.Choice(OLDER), help="Of files that do not say it, as those of libraries.")
def command(paths: tuple[Path, ...], *, check: bool, diff: bool, version: str | None) -> int:
    """Rewrite each SPEC, or each spec of a folder, in the current version of the language; comments and layout stay.

    \b
    Example:
      mlspec migrate flight-delay.yaml --diff
      mlspec migrate models/ --check
      mlspec migrate platform/profile/standard.yaml --from mlspec/v1alpha1
    """
    found: list[Diagnostic] = []
    changed = same = 0
    for path in dict.fromkeys(_files(paths, named=version is not None)):
        try:
            moved = _migrate(path, version or "", write=not (check or diff), diff=diff)
        except SpecError as error:
            found.extend(error.diagnostics)
            continue
        changed, same = changed + moved, same + (not moved)
    say(f"{changed} {'to be migrated' if check or diff else 'migrated'}, {same} in {CURRENT}", "dim")
    if found:
        show_diagnostics(found)
        return int(Exit.INVALID)
    if changed:
        next_command(f"mlspec {'migrate' if check or diff else 'validate'} {paths[0]}", of=Project(paths[0]))
    return int(Exit.CHANGES if check and changed else Exit.DONE)


def _files(paths: tuple[Path, ...], *, named: bool) -> Iterator[Path]:
    """The specs named; a file that does not say it is one is left alone, unless its version is given."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml")) if named else specs_in(path)
        elif named or is_spec(path):
            yield path
        else:
            say(f"left alone, no apiVersion of mlspec: {path}", "dim")


def _migrate(path: Path, version: str, *, write: bool, diff: bool) -> bool:
    """Whether the spec was in an older version."""
    from mlspec.specs.load import with_lines
    from mlspec.specs.migrations import migrate_text
    from mlspec.specs.yaml_text import read_text

    text = read_text(path, str(path))
    try:
        migrated = migrate_text(text, str(path), version=version)
    except SpecError as error:
        raise SpecError(with_lines(error.diagnostics, {str(path): text})) from None
    if migrated.text == text:
        return False
    if diff:
        _show(path, text, migrated.text)
    if write:
        mark = _BOM if path.read_bytes().startswith(_BOM) else b""
        replace_file(path, mark + migrated.text.encode())
    say(f"{'migrated' if write else 'to be migrated'}: {path} ({migrated.version} -> {CURRENT})")
    return True


def _show(path: Path, old: str, new: str) -> None:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), str(path), str(path), lineterm="")
    for line in lines:
        say(line, {"+": "create", "-": "delete", "@": "note"}.get(line[0], ""))
