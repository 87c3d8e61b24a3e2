"""Layers are merged as Hydra would: the same trees, through its own defaults lists, give the same tree."""

import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
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


def load_spec_of(tree: Any, folder: Path, environment: str = "prod") -> dict[str, Any]:
    path = folder / "flat.yaml"
    path.write_text(yaml.safe_dump({**tree, "environments": {"prod": {}}}, sort_keys=False))
    return load_spec(path, environment=environment).resolved


LAYERS: dict[str, dict[str, Any]] = {  # by their file in the team's library; those of the shipped one are read from it
    "profile/base": {
        "defaults": [{"data": "by-time"}, {"training": "modest"}, {"governance": "year"}, "_self_"],
        "gates": [{"metric": "roc_auc", "min": 0.6}],
        "governance": {"card": {"team": "platform", "tier": 2}},
    },
    "profile/acme": {
        "defaults": [
            {"profile": "base"},
            {"serving": "internal"},
            {"rollout": "careful"},
            {"monitors": "ours"},
            "_self_",
        ],
        "governance": {"card": {"tier": 1}},
        "serving": {"timeout": "20s"},
    },
    "data/checked": {"data": {"checks": ["leakage", {"rows": {"min": 5000}}], "window": "365d"}},
    "training/boosted": {"training": {"estimator": {"max_iter": 50}, "seed": 11}},
    "serving/internal": {"defaults": [{"serving": "small-lambda"}, "_self_"], "serving": {"memory": "1 GiB"}},
    "rollout/fast": {"rollout": {"steps": ["50%", "100%"], "bake": "1m"}},
    "monitors/ours": {"monitors": [{"signal": "latency_p99", "max": "50ms"}]},
    "governance/card": {"governance": {"card": {"contact": "${owner}", "tier": 3}}},
}
SPEC: dict[str, Any] = {
    "apiVersion": "mlspec/v1",
    "name": "churn",
    "owner": "growth@example.com",
    "data": {
        "source": {"uri": "s3://lake/churn/"},
        "columns": {
            "asked_at": {"type": "datetime", "role": "time"},
            "logins": {"type": "int"},
            "left": {"type": "bool", "role": "label"},
        },
    },
    "training": {"estimator": {"_target_": "sklearn.ensemble.HistGradientBoostingClassifier", "max_iter": 70}},
}
OVERLAY = {"serving": {"memory": "2 GiB"}, "governance": {"retention": "400d", "card": {"tier": 0}}}
DEFAULTS: list[list[Any]] = [
    [{"profile": "acme"}, "_self_"],
    [{"profile": "standard"}, {"data": "checked"}, {"training": "boosted"}, {"governance": "card"}, "_self_"],
    ["_self_", {"rollout": "fast"}, {"monitors": "drift"}],
    [
        {"profile": "standard"},
        {"data": ["by-time", "checked"]},
        {"serving": "internal"},
        "_self_",
        {"training": "boosted"},
    ],
    [{"profile": ["gdpr", "hipaa"]}, {"rollout": "careful"}, {"governance": "year"}, {"monitors": ["drift", "ours"]}],
]


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("chosen", [(), ("serving.memory=3 GiB", "+governance.card.reviewed=true", "~notify.email")])
@pytest.mark.parametrize("defaults", DEFAULTS)
def test_every_group_over_three_layers_composes_as_hydra_does(
    defaults: list[Any], chosen: tuple[str, ...], environment: str, tmp_path: Path
) -> None:
    """The shipped library, the team's and the spec, with overlay and overrides: the same resolved spec. Hydra knows no
    defaults of the language itself, so a key that only they have is set with `++` there."""
    team = tmp_path / "platform"
    for name, tree in LAYERS.items():
        write(team / f"{name}.yaml", tree, "")
    said = {**SPEC, "notify": {"email": ["a@example.com"]}}
    (tmp_path / "mlspec.toml").write_text('[library]\npath = "platform"\n')
    write(tmp_path / "ours.yaml", {**said, "defaults": defaults, "environments": {"prod": OVERLAY}}, "")
    ours = load_spec(tmp_path / "ours.yaml", environment=environment, overrides=chosen)

    theirs = tmp_path / "hydra"
    for library in (SHIPPED, team):
        for path in library.rglob("*.yaml"):
            tree = yaml.safe_load(path.read_text())
            write(theirs / path.relative_to(library), {**tree, "defaults": for_hydra(tree, path.parent.name)})
    write(theirs / "overlay" / "prod.yaml", OVERLAY)
    overlay = [{"overlay": "prod"}] if environment == "prod" else []
    listed = defaults if "_self_" in defaults else [*defaults, "_self_"]
    write(theirs / "spec.yaml", {**said, "defaults": [*listed, *overlay]}, "")
    composed = by_hydra(theirs, [f"++{one}" if one[0].isalpha() else one for one in chosen])
    assert load_spec_of(composed, tmp_path, environment) == ours.resolved


def for_hydra(tree: dict[str, Any], group: str) -> list[Any]:
    """A library file's own defaults in Hydra's words: a file of its own group by name, of another from the top."""
    listed = [
        item if item == "_self_" else value if key == group else {f"/{key}": value}
        for item in tree.get("defaults", [])
        for key, value in (item.items() if isinstance(item, dict) else [(item, item)])
    ]
    return listed if "_self_" in listed else [*listed, "_self_"]
