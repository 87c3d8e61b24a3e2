"""What a command does with one spec of a folder: validate it, write its bundle, plan it."""

from dataclasses import dataclass, replace
from pathlib import Path

from mlspec.cli.exits import Exit
from mlspec.cli.fleet_outcomes import Outcome
from mlspec.cli.project import Project


def validate_one(project: Project) -> Outcome:
    """Compile it; what is cached is not even read."""
    cached = project.cached
    stack = cached.stack if cached is not None else project.stack
    return Outcome(str(project.path), stack, project.digest)


@dataclass(frozen=True)
class Compile:
    """Write the bundle to `out/<the spec's path below folder>`, or beside the spec."""

    folder: Path
    out: Path | None = None

    def __call__(self, project: Project) -> Outcome:
        done = validate_one(project)
        below = project.path.relative_to(self.folder).with_suffix("")
        target = project.home / "bundle" / done.stack if self.out is None else self.out / below
        if not _holds(target, project):
            project.write(target)
        return replace(done, counts=(("files", len(project.bundle.files)),))


def _holds(target: Path, project: Project) -> bool:
    """Whether the folder holds this bundle already, to the byte."""
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    wanted = project.bundle.files
    there = {name for name in found if not name.startswith("packages/")}
    return there == set(wanted) and all((target / name).read_bytes() == wanted[name] for name in wanted)


@dataclass(frozen=True)
class PlanOne:
    """Plan it; `changed` is the exit code where there are changes."""

    changed: Exit

    def __call__(self, project: Project) -> Outcome:
        from mlspec.cli.plan import plan_of
        from mlspec.compiler.plan import plan_document

        plan = plan_of(project)
        counts = plan_document(plan)["counts"]
        result = "no changes" if plan.empty else "changes"
        done = replace(validate_one(project), result=result, counts=tuple(sorted(counts.items())))
        return done if plan.empty else replace(done, exit=int(self.changed))
