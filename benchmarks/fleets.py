"""Fleets of specs over three layers (the shipped library, a team's own, the spec), and the same files for Hydra."""

from pathlib import Path
from typing import Any

import yaml

from mlspec.specs.yaml_nodes import parse_yaml, plain

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = [ROOT / "specs" / "templates" / f"{name}.yaml" for name in ("binary", "multiclass", "regression")]
SHIPPED = ROOT / "specs" / "library" / "profile"
BELOW = ("minimal", "standard")
TEAM = {
    "profile/acme.yaml": {
        "defaults": [{"profile": "standard"}, {"serving": "internal"}, "_self_"],
        "governance": {"retention": "730d"},
        "notify": {"email": ["${owner}"]},
    },
    "serving/internal.yaml": {"serving": {"target": "lambda", "memory": "1 GiB", "auth": "iam"}},
    "rollout/slow.yaml": {"rollout": {"steps": ["1%", "10%", "50%", "100%"], "bake": "30m"}},
}
OVERLAY = {"serving": {"memory": "2 GiB"}, "rollout": {"bake": "45m"}}  # what changes in prod


def write_fleet(folder: Path, count: int) -> list[Path]:
    """Specs from the templates, each with a name of its own; every second one chooses a file of another group too."""
    for name, tree in TEAM.items():
        _write(folder / "platform" / name, tree)
    (folder / "mlspec.toml").write_text('[library]\npath = "platform"\n')
    paths = [folder / f"model-{number:04}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        tree = read_tree(TEMPLATES[number % len(TEMPLATES)])
        groups = [{"profile": "acme"}, *([{"rollout": "slow"}] if number % 2 else [])]
        _write(path, {**tree, "name": path.stem, "defaults": [*groups, "_self_"], "environments": {"prod": OVERLAY}})
    return paths


def write_for_hydra(folder: Path, paths: list[Path]) -> None:
    """The same: a library file is an option of its group, the overlay is one of a group that comes last."""
    library = {f"profile/{name}.yaml": read_tree(SHIPPED / f"{name}.yaml") for name in BELOW}
    for name, tree in {**library, **TEAM, "overlay/prod.yaml": OVERLAY}.items():
        below = [_below(*pair) for entry in tree.get("defaults", []) for pair in _named(entry)]
        _write(folder / name, {**tree, "defaults": [*below, "_self_"]}, "# @package _global_\n")
    for path in paths:
        tree = read_tree(path)
        del tree["environments"]
        _write(folder / path.name, {**tree, "defaults": [*tree["defaults"], {"overlay": "prod"}]})


def read_tree(path: Path) -> dict[str, Any]:
    """The file by the rules of YAML 1.2, as specs are read."""
    tree: Any = plain(parse_yaml(path.read_text(encoding="utf-8"), path.name)[0])
    return dict(tree)


def layers_of(path: Path, hydras: Path) -> list[Path]:
    """The files that one spec is laid over, lowest first, in prod."""
    groups = [hydras / f"profile/{name}.yaml" for name in (*BELOW, "acme")]
    return [*groups, hydras / "serving/internal.yaml", hydras / path.name, hydras / "overlay/prod.yaml"]


def _named(entry: object) -> list[tuple[str, str]]:
    return list(entry.items()) if isinstance(entry, dict) else []


def _below(group: str, option: str) -> object:
    """A profile's profile is a file beside it: a group can be chosen from once."""
    return option if group == "profile" else {f"/{group}": option}


def _write(path: Path, tree: object, head: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
