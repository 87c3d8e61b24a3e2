"""A folder of specs -> each compiled, in parallel; one summary, every diagnostic, and one exit code: the worst."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mlspec.cli.advice import as_errors, hold_to
from mlspec.cli.exits import Exit
from mlspec.cli.fleet_files import changed_files, specs_in, touched
from mlspec.cli.fleet_outcomes import Outcome, counted, told_apart
from mlspec.cli.fleet_progress import progress
from mlspec.cli.fleet_workers import Died, work
from mlspec.cli.project import Project
from mlspec.specs.diagnostics import Diagnostic, Severity, SpecError

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


Act = Callable[[Project], Outcome]  # a function of a module: it travels to another process by its name


def run_fleet(fleet: Fleet, act: Act) -> list[Outcome]:
    """The outcome of each spec of the folder, in the order of their paths. Raises SpecError."""
    specs = specs_in(fleet.folder)
    if not specs:
        hint = "a spec begins with apiVersion: mlspec/v1; mlspec init writes one"
        raise SpecError([Diagnostic("ML820", f"there is no spec in {fleet.folder}", hint=hint)])
    changed = changed_files(fleet.folder, fleet.since) if fleet.since else None
    outcomes: dict[int, Outcome] = {}
    with progress(len(specs)) as told:
        for number, outcome in _outcomes(fleet, specs, act, changed):
            outcomes[number] = outcome
            told(outcome)
    return told_apart([outcomes[number] for number in range(len(specs))])


def _outcomes(
    fleet: Fleet, specs: list[Path], act: Act, changed: frozenset[str] | None
) -> Iterator[tuple[int, Outcome]]:
    """What is cached is read faster than a worker starts; only what must be compiled is worth one."""
    rest: dict[int, Job] = {}
    for number, spec in enumerate(specs):
        job = Job(fleet.project(spec), act, changed, fleet.strict)
        if job.project.cached is None:
            rest[number] = job
        else:
            yield number, do_job(job)
    yield from _compiled(fleet, rest)


def _compiled(fleet: Fleet, jobs: Mapping[int, Job]) -> Iterator[tuple[int, Outcome]]:
    numbers = list(jobs)
    for place, result in work(do_job, list(jobs.values()), _workers(fleet, len(jobs)), prepare=_prepare):
        number = numbers[place]
        yield number, _died(jobs[number].project.path, result) if isinstance(result, Died) else result


def _prepare() -> None:
    """What every worker needs, imported once."""
    import mlspec.specs.load
    import mlspec.targets.aws.compile  # noqa: F401


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
        return replace(job.act(job.project), diagnostics=warnings)
    except SpecError as error:
        from mlspec.cli.app import exit_of

        found = as_errors(error.diagnostics) if job.strict else error.diagnostics
        errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
        return Outcome(name, result=counted(errors, "error"), exit=int(exit_of(error)), diagnostics=tuple(found))


def _died(spec: Path, died: Died) -> Outcome:
    message = f"the process that compiled {spec} ended (exit code {died.exitcode}); the others went on"
    diagnostic = Diagnostic("ML822", message, hint=f"try it alone: mlspec validate {spec}")
    return Outcome(str(spec), result="crashed", exit=int(Exit.ERROR), diagnostics=(diagnostic,))
