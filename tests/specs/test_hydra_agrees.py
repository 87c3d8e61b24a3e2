"""Layers are merged as Hydra would: the same trees, through its own defaults lists, give the same tree."""

import json
from functools import reduce
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlspec.specs.layers import merged
from mlspec.specs.libraries import SHIPPED
from mlspec.specs.load import load_spec

SCALARS = st.sampled_from([1, "x", None, True, 0.5, "???", "${a}"])
TREES = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        SCALARS,
        lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(SCALARS, max_size=2),
        max_leaves=5,
    ),
    max_size=4,
)


def by_hydra(folder: Path, overrides: list[str] | None = None) -> Any:
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(str(folder)):
        return OmegaConf.to_container(compose("spec", overrides=overrides), resolve=False)


def write(path: Path, tree: dict[str, Any], header: str = "# @package _global_\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + yaml.safe_dump(tree, sort_keys=False))


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(layers=st.lists(TREES, min_size=4, max_size=4))
def test_merging_is_hydras(layers: list[dict[str, Any]], tmp_path: Path) -> None:
    base, strict, spec, overlay = layers
    write(tmp_path / "profile" / "base.yaml", base)
    write(tmp_path / "profile" / "strict.yaml", {"defaults": ["base", "_self_"], **strict})
    write(tmp_path / "overlay" / "prod.yaml", overlay)
    write(tmp_path / "spec.yaml", {"defaults": [{"profile": "strict"}, "_self_", {"overlay": "prod"}], **spec}, "")
    try:
        expected = by_hydra(tmp_path)
    except Exception:  # Hydra refuses a list over a mapping; ours goes on, so that the language can say where it is
        assume(False)
    assert json.dumps(reduce(merged, layers, {})) == json.dumps(expected)


def test_the_shipped_library_composes_the_same_in_hydra(good: str, tmp_path: Path) -> None:
    for profile in (SHIPPED / "profile").glob("*.yaml"):
        tree = yaml.safe_load(profile.read_text())
        tree["defaults"] = [item["profile"] if isinstance(item, dict) else item for item in tree.get("defaults", [])]
        write(tmp_path / "profile" / profile.name, tree)
    spec = yaml.safe_load(good.replace("{on:", "{'on':"))
    write(tmp_path / "overlay" / "prod.yaml", spec.pop("environments")["prod"])
    for name in ("minimal", "standard", "hipaa", "gdpr"):
        defaults = {"defaults": [{"profile": name}, "_self_", {"overlay": "prod"}]}
        write(tmp_path / "spec.yaml", {**spec, **defaults}, "")
        expected = by_hydra(tmp_path)
        (tmp_path / "ours.yaml").write_text(good.replace("profile: standard", f"profile: {name}"))
        ours = load_spec(tmp_path / "ours.yaml", environment="prod")
        again = load_spec_of(expected, tmp_path)
        assert again == ours.resolved


def load_spec_of(tree: Any, folder: Path) -> dict[str, Any]:
    path = folder / "flat.yaml"
    path.write_text(yaml.safe_dump({**tree, "environments": {"prod": {}}}, sort_keys=False))
    return load_spec(path, environment="prod").resolved
