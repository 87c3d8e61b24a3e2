"""A folder of specs -> each compiled, in parallel; one summary, every diagnostic, and one exit code: the worst."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlspec.cli.advice import as_errors, hold_to
from mlspec.cli.exits import Exit
from mlspec.cli.fleet_files import changed_files, specs_in, touched
from mlspec.cli.fleet_workers import Died, work
from mlspec.cli.project import Project
from mlspec.cli.terminal import is_terminal, say, show_diagnostics, show_json, table
from mlspec.specs.diagnostics import Diagnostic, Severity, SpecError

_RANK = (Exit.DONE, Exit.CHANGES, Exit.UNEXPECTED_CHANGES, Exit.STALE, Exit.INVALID, Exit.ERROR)
_MOST_WORKERS = 16


@dataclass(frozen=True)
class Fleet:
    """Which specs, and how they are compiled."""

    folder: Path
    environment: str = "dev"
    overrides: tuple[str, ...] = ()
    since: str = ""
    workers: int = 0
    strict: bool = False
    library: str = ""

    def project(self, spec: Path) -> Project:
        """One of its specs."""
        return Project(spec, self.environment, self.overrides, self.library)


@dataclass(frozen=True)
class Job:
    """One spec, what to do with it, and the files that changed, where only those it touches are asked for."""

    project: Project
    act: "Act"
    changed: frozenset[str] | None = None
    strict: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one spec: small, whatever it compiled to."""

    spec: str
    stack: str = ""
    digest: str = ""
    result: str = "ok"
    exit: int = int(Exit.DONE)
    diagnostics: tuple[Diagnostic, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


Act = Callable[[Project], Outcome]  # a function of a module: it travels to another process by its name


def run_fleet(fleet: Fleet, act: Act) -> list[Outcome]:
    """The outcome of each spec of the folder, in the order of their paths. Raises SpecError."""
    specs = specs_in(fleet.folder)
    if not specs:
        hint = "a spec begins with apiVersion: mlspec/v1; mlspec init writes one"
        raise SpecError([Diagnostic("ML820", f"there is no spec in {fleet.folder}", hint=hint)])
    changed = changed_files(fleet.folder, fleet.since) if fleet.since else None
    jobs = [Job(fleet.project(spec), act, changed, fleet.strict) for spec in specs]
    outcomes: dict[int, Outcome] = {}
    # What is cached is read faster than a worker starts; only what must be compiled is worth one.
    known = {number for number, job in enumerate(jobs) if job.project.cached is not None}
    rest = [number for number in range(len(jobs)) if number not in known]
    with _progress(len(jobs)) as told:
        for number in sorted(known):
            outcomes[number] = do_job(jobs[number])
            told(outcomes[number])
        for place, result in work(do_job, [jobs[number] for number in rest], _workers(fleet, len(rest))):
            number = rest[place]
            outcomes[number] = _died(specs[number], result) if isinstance(result, Died) else result
            told(outcomes[number])
    return _told_apart([outcomes[number] for number in range(len(jobs))])


def _workers(fleet: Fleet, jobs: int) -> int:
    return min(jobs, fleet.workers or max(2, min(os.cpu_count() or 2, _MOST_WORKERS)))


def do_job(job: Job) -> Outcome:
    """What a worker does with one spec; a user's mistake is part of the outcome."""
    name = str(job.project.path)
    try:
        if job.changed is not None and not touched(job.project, job.changed):
            return Outcome(name, result="untouched")
        warnings = job.project.warnings
        if job.strict:
            hold_to(warnings)
        return replace(job.act(job.project), diagnostics=_placed(warnings, job.project))
    except SpecError as error:
        from mlspec.cli.app import exit_of

        found = as_errors(error.diagnostics) if job.strict else error.diagnostics
        errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
        told = _placed(found, job.project)
        return Outcome(name, result=_counted(errors, "error"), exit=int(exit_of(error)), diagnostics=told)


def _placed(diagnostics: Sequence[Diagnostic], project: Project) -> tuple[Diagnostic, ...]:
    """With each file's path as it is from here: many specs speak at once."""

    def place(diagnostic: Diagnostic) -> Diagnostic:
        span = diagnostic.span
        if span is None or ":" in span.file:
            return diagnostic
        return replace(diagnostic, span=replace(span, file=os.path.normpath(project.path.parent / span.file)))

    return tuple(place(diagnostic) for diagnostic in diagnostics)


def _died(spec: Path, died: Died) -> Outcome:
    message = f"the process that compiled {spec} ended (exit code {died.exitcode}); the others went on"
    diagnostic = Diagnostic("ML822", message, hint=f"try it alone: mlspec validate {spec}")
    return Outcome(str(spec), result="crashed", exit=int(Exit.ERROR), diagnostics=(diagnostic,))


def _told_apart(outcomes: list[Outcome]) -> list[Outcome]:
    """Two specs that would deploy to the same names are told, at the second."""
    first: dict[str, str] = {}
    told = []
    for outcome in outcomes:
        other = first.setdefault(outcome.stack, outcome.spec) if outcome.stack else outcome.spec
        if other != outcome.spec:
            message = f"{outcome.spec} and {other} both deploy to stack {outcome.stack}"
            clash = Diagnostic("ML823", message, hint="give one of them another name")
            found = (*outcome.diagnostics, clash)
            outcome = replace(outcome, result="1 error", exit=int(Exit.INVALID), diagnostics=found)
        told.append(outcome)
    return told


def worst(outcomes: Sequence[Outcome]) -> int:
    """The one exit code: of what went wrong most."""
    rank = {int(code): place for place, code in enumerate(_RANK)}
    return max((outcome.exit for outcome in outcomes), key=lambda code: rank.get(code, len(_RANK)))


def diagnostics_of(outcomes: Sequence[Outcome]) -> list[Diagnostic]:
    """All of them; one of a library file that many specs use is told once."""
    return list(dict.fromkeys(diagnostic for outcome in outcomes for diagnostic in outcome.diagnostics))


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The whole for machines."""
    import json

    from mlspec.specs.render import render_json

    specs = [
        {"spec": one.spec, "result": one.result, "stack": one.stack, "digest": one.digest, **dict(one.counts)}
        for one in outcomes
    ]
    told: dict[str, Any] = json.loads(render_json(diagnostics_of(outcomes)))
    return {**told, "specs": specs, "exit": worst(outcomes)}


def show_summary(outcomes: Sequence[Outcome]) -> None:
    """A line for each spec, and one for all."""
    columns = list(dict.fromkeys(name for outcome in outcomes for name, _ in outcome.counts))
    rows = [
        [one.spec, one.result, one.digest[:12], *(dict(one.counts).get(name, "") for name in columns)]
        for one in outcomes
    ]
    table(["spec", "result", "bundle", *columns], rows)
    counts = Counter(_kind(outcome) for outcome in outcomes)
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts, key=lambda kind: -counts[kind]))
    say(f"\n{_counted(len(outcomes), 'spec')}: {parts}")


def report(outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    """The whole as text or JSON; the exit code."""
    found = diagnostics_of(outcomes)
    if as_json:
        show_json(document(outcomes))
        return worst(outcomes)
    if found:
        show_diagnostics(found)
    show_summary(outcomes)
    return worst(outcomes)


def _kind(outcome: Outcome) -> str:
    return "with errors" if "error" in outcome.result else outcome.result


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not is_terminal() or not sys.stderr.isatty():
        yield lambda outcome: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda outcome: bar.update(task, advance=1, description=outcome.spec)
