"""Fleets over three layers: composed beside Hydra and OmegaConf, compiled cold and after one change; memory held."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fleets import layers_of, write_fleet, write_for_hydra
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from timing import process, ratio, seconds_of, show

from mlspec.cli.fleet import Fleet, run_fleet
from mlspec.cli.fleet_acts import validate_one
from mlspec.cli.fleet_outcomes import Outcome
from mlspec.cli.project import Project
from mlspec.specs.load import load_spec

COUNTS = (60, 1000)
SAMPLED = 100  # specs that are timed one by one
OVERRIDE = "rollout.bake=20m"
PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Weighed:
    """Validates, and says what its process and the one above it hold in memory then, in bytes."""

    def __call__(self, project: Project) -> Outcome:
        done = validate_one(project)
        held = (("worker", _resident("self")), ("parent", _resident(str(os.getppid()))))
        return replace(done, counts=held)


def _resident(process: str) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def per_spec(function: Callable[[Path], object], paths: Sequence[Path]) -> float:
    """Median seconds over the specs, after one that fills caches."""
    function(paths[0])
    return statistics.median(seconds_of(lambda path=path: function(path)) for path in paths)


def composition(paths: Sequence[Path], hydras: Path) -> None:
    """One spec at a time, in one process, everything imported."""
    with initialize_config_dir(str(hydras)):
        hydra = per_spec(lambda path: compose(path.stem), paths)
        overridden = per_spec(lambda path: compose(path.stem, overrides=[OVERRIDE]), paths)
    merge = per_spec(lambda path: OmegaConf.merge(*map(OmegaConf.load, layers_of(path, hydras))), paths)
    load = per_spec(lambda path: load_spec(path, environment="prod"), paths)
    loaded = per_spec(lambda path: load_spec(path, environment="prod", overrides=[OVERRIDE]), paths)
    show({
        "read, compose, check, keep every origin": load,
        "the same with an override from the command line": loaded,
        "Hydra's compose": hydra,
        "Hydra's compose with that override": overridden,
        "OmegaConf's load and merge of the same files": merge,
    })  # fmt: skip
    ratio("composing and checking a spec / Hydra's compose", load / hydra, 2.0)
    ratio("the same with an override", loaded / overridden, 2.0)
    ratio("composing and checking a spec / OmegaConf's load and merge", load / merge)


def compilation(folder: Path, paths: Sequence[Path]) -> None:
    """Whole processes, as a user waits for them."""
    validate = [sys.executable, "-m", "mlspec.cli", "validate", str(folder), "--env", "prod"]
    since = [*validate, "--changed-since", "HEAD"]
    cold = process(validate)
    _change(paths[0])
    again = process(validate)
    unchanged = process(validate)
    _commit(folder)
    _change(paths[1])
    touched = process(since)
    shutil.rmtree(folder / ".mlspec")
    uncached = process(since)
    show({
        "the fleet, cold": cold,
        "again, one spec changed": again,
        "again, nothing changed": unchanged,
        "--changed-since, one spec changed": touched,
        "--changed-since, one spec changed, with an empty cache": uncached,
    }, unit="s ", scale=1.0)  # fmt: skip
    show({"cold, per spec, to the bundle (graph, passes, program, code)": cold / len(paths)})
    ratio("the fleet after one change / cold", again / cold, 0.05)


def _change(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("cooldown: 7d", "cooldown: 8d") + "# changed\n")


def _commit(folder: Path) -> None:
    (folder / ".gitignore").write_text(".mlspec/\n")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)


def memory(folder: Path) -> None:
    """What a worker and the command hold after a quarter, a half and all of the specs."""
    outcomes = run_fleet(Fleet(folder, "prod", workers=2), Weighed())
    held = [dict(outcome.counts) for outcome in outcomes]
    marks = [len(held) // 4, len(held) // 2, len(held)]
    for who in ("worker", "parent"):
        at = [max(one[who] for one in held[max(0, mark - 10) : mark]) for mark in marks]
        told = ", ".join(f"{size / 2**20:.1f} MiB after {mark}" for size, mark in zip(at, marks, strict=True))
        print(f"  the {'command' if who == 'parent' else who} holds {told}")
        ratio("all / a quarter of the specs", at[-1] / at[0], 1.1)


def measure(count: int) -> None:
    """One fleet."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, hydras = Path(scratch) / "fleet", Path(scratch) / "hydra"
        paths = write_fleet(folder, count)
        write_for_hydra(hydras, paths)
        print(f"{count} specs over the shipped library and a team's, with an overlay; 2 processes")
        composition(paths[:SAMPLED], hydras)
        memory(folder)
        shutil.rmtree(folder / ".mlspec")
        compilation(folder, paths)


if __name__ == "__main__":
    for asked in [int(word) for word in sys.argv[1:]] or COUNTS:
        measure(asked)
