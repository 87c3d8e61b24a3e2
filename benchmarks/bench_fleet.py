"""A fleet compiled cold and after one change, beside Hydra's own compose and OmegaConf's merge of the same specs."""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from timing import ratio, seconds_of, show

from mlspec.cli.fleet import Fleet, run_fleet
from mlspec.cli.fleet_acts import validate_one
from mlspec.specs.load import load_spec

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = [ROOT / "specs" / "templates" / f"{name}.yaml" for name in ("binary", "multiclass", "regression")]
PROFILES = ROOT / "specs" / "library" / "profile"


def write_fleet(folder: Path, count: int) -> list[Path]:
    """Specs from the templates over the shipped profiles, each with a name of its own."""
    paths = [folder / f"model-{number:04}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        text = TEMPLATES[number % len(TEMPLATES)].read_text(encoding="utf-8")
        names = (f"name: model-{number:04}" if line.startswith("name: ") else line for line in text.split("\n"))
        path.write_text("\n".join(names), encoding="utf-8")
    return paths


def write_for_hydra(folder: Path, paths: list[Path]) -> None:
    """The same specs and profiles as Hydra takes them: groups in folders, profiles merged into the root."""
    (folder / "profile").mkdir(parents=True)
    for profile in PROFILES.glob("*.yaml"):
        tree = yaml.safe_load(profile.read_text(encoding="utf-8"))
        below = [entry["profile"] for entry in tree.pop("defaults", []) if isinstance(entry, dict)]
        tree = {"defaults": [*below, "_self_"], **tree}
        (folder / "profile" / profile.name).write_text("# @package _global_\n" + yaml.safe_dump(tree, sort_keys=False))
    for path in paths:
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")


def per_spec(function: Any, items: list[Any]) -> float:
    """Median seconds over the items, after one that fills caches."""
    function(items[0])
    return statistics.median(seconds_of(lambda item=item: function(item)) for item in items)


def main() -> None:
    """Print times per spec and the ratios to reach."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as scratch:
        folder, hydras = Path(scratch) / "fleet", Path(scratch) / "hydra"
        folder.mkdir()
        paths = write_fleet(folder, count)
        write_for_hydra(hydras, paths)
        trees = [OmegaConf.load(path) for path in paths]
        below = [OmegaConf.load(PROFILES / name) for name in ("minimal.yaml", "standard.yaml")]
        with initialize_config_dir(str(hydras)):
            hydra = per_spec(lambda path: compose(path.stem), paths[:200])
        merge = per_spec(lambda tree: OmegaConf.merge(*below, tree), trees[:200])
        load = per_spec(load_spec, paths[:200])
        fleet = Fleet(folder, workers=2)
        cold = seconds_of(lambda: run_fleet(fleet, validate_one))
        paths[0].write_text(paths[0].read_text(encoding="utf-8").replace("cooldown: 7d", "cooldown: 8d"))
        again = seconds_of(lambda: run_fleet(fleet, validate_one))
    print(f"{count} specs over the shipped profiles; 2 processes; medians over at most 200 specs where it is per spec")
    show({
        "mlspec: read, compose, check, keep every origin; per spec": load,
        "Hydra's compose of the same files, per spec": hydra,
        "OmegaConf's merge of trees already read, per spec": merge,
        "mlspec validate of the fleet, cold, per spec (to the bundle: graph, passes, program, code)": cold / count,
    })  # fmt: skip
    show({"the fleet, cold": cold, "the fleet again, one spec changed": again}, unit="s ", scale=1.0)
    ratio("composing and checking a spec / Hydra's compose", load / hydra, 2.0)
    ratio("compiling a spec to its bundle, cold, in the fleet / Hydra's compose", cold / count / hydra, 2.0)
    ratio("the fleet after one change / cold", again / cold, 0.05)


if __name__ == "__main__":
    main()
