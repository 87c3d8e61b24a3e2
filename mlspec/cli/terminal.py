"""Everything a person sees: text, colour on a terminal only, progress, tables, the next command to type."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from mlspec.specs.diagnostics import Diagnostic

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


def next_command(*commands: str) -> None:
    """What to type next: the last line of every output; of the same environment as the running command's."""
    say()
    for number, command in enumerate(commands):
        say(f"{'next:' if number == 0 else '  or:'} {command}{_environment_for(command)}", "dim")


def _environment_for(command: str) -> str:
    """The `--env` that `command` needs to mean the stack that the running command was about."""
    running = click.get_current_context(silent=True)
    environment, spec = (running.params.get(name) for name in ("environment", "spec")) if running else ("dev", None)
    takes = command.split()[1] in _BY_ENVIRONMENT and spec is not None and f" {spec}" in command
    return f" --env {environment}" if takes and environment not in (None, "dev") and "--env" not in command else ""


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
