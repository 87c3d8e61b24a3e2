"""Everything a person sees: text, colour on a terminal only, progress, tables, the next command to type."""

import json
import os
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mlspec.cli.options import chosen_library
from mlspec.specs.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mlspec.cli.project import Project

COLOURS = {
    "create": "green",
    "update": "yellow",
    "replace": "yellow",
    "delete": "red",
    "risk": "red",
    "note": "cyan",
    "good": "green",
    "bad": "red",
    "quiet": "bright_black",
    "dim": "bright_black",
}
_BY_ENVIRONMENT = [
    "validate",
    "compile",
    "plan",
    "package",
    "apply",
    "run",
    "status",
    "predict",
    "logs",
    "rollback",
    "serve",
    "destroy",
    "show",
    "explain",
]


def is_terminal() -> bool:
    """Whether output goes to a person's terminal that wants colour (https://no-color.org)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def style(text: str, kind: str) -> str:
    """`text` in the colour of `kind`, on a terminal only."""
    return click.style(text, fg=COLOURS.get(kind), bold=kind == "heading") if is_terminal() else text


def say(text: str = "", kind: str = "") -> None:
    """One line, or several, to standard output."""
    click.echo(style(text, kind) if kind else text)


def show_json(value: Any) -> None:
    """`value` for machines."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, default=str))


def next_command(*commands: str, of: "Project | None" = None, before: str = "") -> None:
    """What to type next: the last line of every output. It means what the running command was about, or `of`. `before`
    is what makes a line a comment, where the output is a file of its own."""
    about = _about(of)
    say()
    for number, command in enumerate(commands):
        say(f"{before}{'next:' if number == 0 else '  or:'} {_meaning(command, *about) if about else command}", "dim")


def _about(project: "Project | None") -> tuple[str, str, str, tuple[str, ...]] | None:
    """Spec, environment, library and overrides: the project's, or those that were given on the command line."""
    if project is not None:
        return str(project.path), project.environment, project.library, project.overrides
    running = click.get_current_context(silent=True)
    given = running.params if running else {}
    if given.get("spec") is None:
        return None
    environment, overrides = given.get("environment") or "dev", given.get("overrides") or ()
    return str(given["spec"]), environment, chosen_library(), overrides


def _meaning(command: str, spec: str, environment: str, library: str, overrides: Sequence[str]) -> str:
    """`command` with the words that it needs to mean the same stack, quoted as a shell wants them."""
    before, found, after = f"{command} ".partition(f" {spec} ")
    if not found:
        return command
    words: list[str] = []
    if (name := command.split()[1]) in _BY_ENVIRONMENT:
        words += ["--env", environment] if environment != "dev" and "--env" not in command else []
        words += ["--library", os.path.relpath(library) if os.path.isdir(library) else library] if library else []
        words += [word for one in overrides for word in (("--set", one) if name == "explain" else (one,))]
    return " ".join([before, shlex.quote(spec), *([after.strip()] if after else []), *map(shlex.quote, words)])


def show_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Every diagnostic, on standard error."""
    from mlspec.specs.render import render_text

    click.echo(render_text(diagnostics), err=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, indent: str = "  ") -> None:
    """Aligned columns; numbers to the right."""
    text = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(heading), *(len(row[i]) for row in text)]) for i, heading in enumerate(headings)]
    right = [all(isinstance(row[i], int | float) or row[i] in ("", "-") for row in rows) for i in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
        return (indent + "  ".join(padded)).rstrip()

    say(line(list(headings)), "dim")
    for row in text:
        kind = "good" if "pass" in row else "bad" if {"FAIL", "refused", "rolled_back"} & set(row) else ""
        say(line(row), kind)


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Say what is being done while it is done: a spinner on a terminal, one line elsewhere; the time it took, after."""
    started = time.perf_counter()
    if is_terminal():
        from rich.console import Console

        with Console().status(text):
            yield
    else:
        yield
    say(f"  {text} ({time.perf_counter() - started:.1f} s)", "dim")


def confirm(question: str, *, approved: bool) -> None:
    """Ask for a yes; without a terminal and without consent it is a usage error, never a hang."""
    if approved:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("no terminal to ask on: add --auto-approve")
    if not click.confirm(question):
        raise click.exceptions.Exit(1)
