"""What dies under a fleet: a worker costs its own spec, the command leaves no process and no half of an entry."""

import subprocess
import sys
from pathlib import Path

from mlspec.cli.project import Project
from tests.fleet.conftest import BINARY, ROOT, process, write_spec

ACTS = (sys.executable, "-m", "tests.fleet.acts")


def test_a_forked_worker_that_dies_costs_its_own_spec_only(folder: Path) -> None:
    done = process(*ACTS, str(folder), "dies", "three.yml")
    assert done.stdout.splitlines() == ["one.yaml ok", "three.yml crashed ML822", "two.yaml ok"], done.stderr


def test_killed_in_the_middle_it_leaves_nothing_behind_and_the_next_run_completes(folder: Path) -> None:
    for number in range(8):
        write_spec(folder / f"more-{number}.yaml", BINARY, f"more-{number}")
    killed = subprocess.Popen([*ACTS, str(folder), "outlives"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "compiled\n"
    killed.kill()
    rest = killed.stdout.read()  # ends when the last worker, which has the same output, has ended
    assert killed.wait() < 0
    assert rest.count("compiled") <= 1, "nobody went on without the command"  # the other of the two workers' first
    again = process(*ACTS, str(folder), "tells")
    assert sum(line.endswith(" ok") for line in again.stdout.splitlines()) == 11, again.stderr
    assert again.stdout.count("compiled") == 11
    specs = sorted(folder.glob("more-*.yaml"))
    assert all(Project(spec).cached is not None for spec in specs)
