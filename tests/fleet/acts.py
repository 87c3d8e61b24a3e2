"""What a fleet does in these tests, as a program too: `python -m tests.fleet.acts FOLDER ACT [NAME]`, see `main`."""

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from mlspec.cli.fleet import Act, Fleet, run_fleet
from mlspec.cli.fleet_outcomes import Outcome
from mlspec.cli.project import Project


@dataclass(frozen=True)
class ByBundle:
    """Compile, without the cache's help."""

    def __call__(self, project: Project) -> Outcome:
        return Outcome(str(project.path), project.stack, project.bundle.digest)


@dataclass(frozen=True)
class Dies:
    """Ends its own process under one of the specs."""

    name: str

    def __call__(self, project: Project) -> Outcome:
        if project.path.name == self.name:
            os._exit(9)
        return Outcome(str(project.path), project.stack)


@dataclass(frozen=True)
class Tells:
    """Compiles, and says so at once."""

    def __call__(self, project: Project) -> Outcome:
        done = ByBundle()(project)
        print("compiled", flush=True)
        return done


@dataclass(frozen=True)
class Outlives:
    """Compiles, says so at once, and goes on when the command, which forked it, is gone."""

    command: int

    def __call__(self, project: Project) -> Outcome:
        done = Tells()(project)
        while os.getppid() == self.command:
            threading.Event().wait(0.01)
        return done


def main(folder: str, act: str, name: str = "") -> None:
    """One line for each spec: what became of it, and the codes of what was told."""
    acts: dict[str, Act] = {"dies": Dies(name), "tells": Tells(), "outlives": Outlives(os.getpid())}
    for outcome in run_fleet(Fleet(Path(folder), workers=2), acts[act]):
        print(Path(outcome.spec).name, outcome.result, *(diagnostic.code for diagnostic in outcome.diagnostics))


if __name__ == "__main__":
    main(*sys.argv[1:])
