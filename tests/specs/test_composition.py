"""Profiles, environments, overrides and interpolation make one tree, and every value knows which of them it is from."""

from pathlib import Path

import pytest

from mlspec.specs.origins import Source
from mlspec.specs.units import Duration, Size
from tests.specs.conftest import Load, Mistakes


def test_layers_win_in_order(good: str, load: Load) -> None:
    text = good.replace("memory: 1 GiB, ", "")
    memory = "serving.memory"
    cases = [
        (text.replace("  - profile: standard\n", ""), "dev", [], Source.DEFAULT, 2**30),
        (text, "dev", [], Source.PROFILE, 2**30),
        (good, "dev", [], Source.SPEC, 2**30),
        (good, "prod", [], Source.ENVIRONMENT, 2**31),
        (good, "prod", ["serving.memory=3 GiB"], Source.OVERRIDE, 3 * 2**30),
    ]
    for spec, environment, overrides, source, size in cases:
        checked = load(spec, environment=environment, overrides=overrides)
        assert (checked.origins.of(memory).source, checked.spec.serving.memory) == (source, Size(size))


def test_every_value_has_an_origin_that_shows_it(good: str, load: Load) -> None:
    checked = load(good, environment="prod", overrides=["gates.0.min=0.8", "serving.timeout=3s"])
    for path, origin in checked.origins.by_path.items():
        if origin.span and len(checked.origins.history.get(path, ())) == 1:
            line = checked.texts[origin.span.file].splitlines()[origin.span.line - 1]
            last = path.rpartition(".")[2]
            shown = line[origin.span.column - 1 :]
            assert last.isdecimal() or last in line or shown, path
    of = checked.origins.of
    assert str(of("gates.0.min")) == "gates.0.min=0.8"
    assert str(of("gates.0.metric")) == "spec.yaml:34:14"
    assert str(of("serving.timeout")) == "serving.timeout=3s"
    assert str(of("rollout.bake")) == "spec.yaml:9:52"
    assert of("serving.architecture").source is Source.DEFAULT
    assert str(of("rollout.max_error_rate")).startswith("mlspec:profile/standard.yaml:")
    assert [said.origin.source for said in checked.origins.history["serving.memory"]] == [
        Source.PROFILE,
        Source.SPEC,
        Source.ENVIRONMENT,
    ]


@pytest.mark.parametrize(
    ("override", "read", "expected"),
    [
        ("rollout.bake=5m", lambda s: s.rollout.bake, Duration(300_000)),
        ("serving.timeout=5s", lambda s: s.serving.timeout, Duration(5_000)),
        ("+budget.monthly=5 USD", lambda s: str(s.budget.monthly), "200 USD"),
        ("~budget", lambda s: s.budget, None),
        ("~gates.1", lambda s: [g.metric for g in s.gates], ["roc_auc", "f1", "latency_p99", None]),
        ("notify.email=[a@b.c,d@e.f]", lambda s: s.notify.email, ("a@b.c", "d@e.f")),
        ("training.estimator.max_depth=3", lambda s: s.training.estimator["max_depth"], 3),
        ("profile=gdpr", lambda s: str(s.governance.retention), "365d"),
        ("description='a, b'", lambda s: s.description, "a, b"),
    ],
)
def test_overrides(good: str, load: Load, mistakes: Mistakes, override: str, read: object, expected: object) -> None:
    assert callable(read)
    if override.startswith("+"):
        assert [d.code for d in mistakes(good, overrides=[override])] == ["ML306"]
    else:
        assert read(load(good, overrides=[override]).spec) == expected


@pytest.mark.parametrize(
    ("override", "code", "told"),
    [
        ("serving.memroy=2 GiB", "ML201", "did you mean 'memory'?"),
        ("servin.memory=2 GiB", "ML306", "did you mean 'serving'?"),
        ("serving.memory=2 Gig", "ML206", "units:"),
        ("serving.memory=${oc.env:HOME}", "ML307", ""),
        ("~name=${oc.env:HOME}", "ML307", ""),
        ("serving.memory", "ML305", ""),
        ("serving@x.memory=3", "ML305", ""),
        ("seed=1,2", "ML306", ""),
        ("training.seed=1,2", "ML305", "a list is written [a,b]"),
        ("hydra.mode=MULTIRUN", "ML306", ""),
        ("environment=prod", "ML306", ""),
        ("profile=hipa", "ML301", "did you mean 'hipaa'?"),
        ("gates.9.min=3", "ML306", ""),
        ("~monitors.7", "ML306", ""),
        ("name=" + "[" * 2000, "ML305", ""),
        ("name=" + "[" * 60 + "]" * 60, "ML305", ""),
        ("name=a\nb", "ML305", ""),
    ],
)
def test_wrong_overrides_are_told(good: str, mistakes: Mistakes, override: str, code: str, told: str) -> None:
    (found,) = mistakes(good, overrides=[override])
    assert found.code == code
    assert told in found.hint
    assert found.span is None
    assert found.line


ODD = """\
    "sepal.length": {type: float, min: 0, max: 8}
    "Größe (cm²)/No. 1": {type: float, min: "${.max}", max: 8, unit: "like ${data.columns.sepal.length.type}"}
    plan:"""


@pytest.mark.parametrize(
    ("override", "column", "bounds"),
    [
        ("data.columns.sepal.length.max=9", "sepal.length", (0, 9)),
        ("+data.columns.sepal.length.unit=cm", "sepal.length", (0, 8)),
        ("~data.columns.sepal.length.max", "sepal.length", (0, None)),
        ("data.columns.Größe (cm²)/No. 1.max=9", "Größe (cm²)/No. 1", (9, 9)),
        ("data.columns.Größe (cm²)/No. 1.min=${data.columns.sepal.length.min}", "Größe (cm²)/No. 1", (0, 8)),
        ("gates[0].min=0.8", "sepal.length", (0, 8)),
    ],
)
def test_overrides_name_columns_as_they_are_written(
    good: str, load: Load, override: str, column: str, bounds: tuple[float | None, float | None]
) -> None:
    checked = load(good.replace("    plan:", ODD, 1), overrides=[override])
    found = checked.spec.data.columns[column]
    assert (found.min, found.max) == bounds
    assert checked.spec.data.columns["Größe (cm²)/No. 1"].unit == "like float"
    assert list(checked.spec.data.columns)[4:6] == ["sepal.length", "Größe (cm²)/No. 1"]
    if "max=" in override:
        assert str(checked.origins.of(f"data.columns.{column}.max")) == override


def test_an_override_removes_a_column_whose_name_has_dots(good: str, load: Load) -> None:
    text = good.replace("    plan:", '    "sepal.length": {type: float}\n    plan:', 1)
    assert "sepal.length" not in load(text, overrides=["~data.columns.sepal.length"]).spec.data.columns


def test_a_library_holds_a_column_whose_name_has_dots(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    held = 'final: [data.columns.sepal.length.pii]\ndata: {columns: {"sepal.length": {type: float, pii: true}}}\n'
    (tmp_path / "profiles" / "held.yaml").write_text(held)
    text = good.replace("profile: standard", "profile: [standard, held]")
    text = text.replace("    plan:", '    "sepal.length": {pii: false}\n    plan:', 1)
    assert "ML312" in {one.code for one in mistakes(text)}


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        ("data.columns.tenur.max=9", "changes 'tenur', and there is no such column", "did you mean 'tenure'?"),
        ("data.columns.sepal.lenght.max=9", "there is no such column", "did you mean 'sepal.length'?"),
        ("~data.columns.sepal.width", "removes what is not there", "sepal.length"),
        ("~data.columns.tenure.mn", "removes what is not there", "did you mean 'min'?"),
        ("gates.9.min=3", "leads to '9' of gates, which is a list", "its items are 0 to 4"),
        ("name=${data.columns.mean radius.type}", "interpolates a name", "write that in the spec"),
        ("data..columns=1", "is not understood at '.'", "write key.path=value"),
        ("owner.team=x", "expected a text, found a mapping", ""),
    ],
)
def test_an_override_that_leads_nowhere_says_where_it_leaves(
    good: str, mistakes: Mistakes, override: str, message: str, hint: str
) -> None:
    (found,) = mistakes(
        good.replace("    plan:", '    "sepal.length": {type: float}\n    plan:', 1), overrides=[override]
    )
    assert message in found.message
    assert hint in found.hint
    assert (found.span, found.line) == (None, override)


def test_what_is_taken_from_a_mistake_is_not_told_again(good: str, mistakes: Mistakes) -> None:
    text = good.replace("owner: ml-team@example.com", "owner: ${description}").replace(
        "email: [ml-t", "email: ['${ownr}', ml-t"
    )
    text = text.replace("description: Will this customer leave?", "description: ${notify.email.0}")
    (found,) = mistakes(text)
    assert (found.code, found.path) == ("ML308", "notify.email.0")


def test_wrong_overrides_are_told_together(good: str, mistakes: Mistakes) -> None:
    found = mistakes(good, overrides=["gates.9.min=3", "rollout.bake=5m", "x", "serving.auth=none"])
    assert sorted(d.code for d in found) == ["ML203", "ML305", "ML306"]


def test_an_unknown_environment_is_told_with_those_there_are(good: str, mistakes: Mistakes) -> None:
    (found,) = mistakes(good, environment="stagin")
    assert (found.code, found.hint) == ("ML304", "did you mean 'staging'? environments: dev, prod, staging")


def test_an_environment_is_told_once(good: str, mistakes: Mistakes) -> None:
    for environment in ("", "dev\n", "PROD", "x" * 500):
        assert [d.code for d in mistakes(good, environment=environment)] == ["ML304"]


def test_the_name_must_fit_aws_in_every_environment(good: str, mistakes: Mistakes) -> None:
    (found,) = mistakes(good.replace("name: churn", "name: a-name-of-just-thirty-two-chars1"))
    assert (found.code, found.path) == ("ML232", "name")
    assert "a-name-of-just-thirty-two-chars1-staging" in found.message


def test_interpolation_reads_the_spec_itself(good: str, load: Load) -> None:
    text = good.replace("Will this customer leave?", "Model ${name} of ${owner}, ${gates.0.metric}")
    text = text.replace("email: [ml-team@example.com]", "email: ['${owner}']")
    checked = load(text, overrides=["name=leavers"])
    assert checked.spec.description == "Model leavers of ml-team@example.com, roc_auc"
    assert checked.spec.notify.email == ("ml-team@example.com",)
    assert str(checked.origins.of("notify.email.0")).startswith("spec.yaml:")


@pytest.mark.parametrize("profile", ["minimal", "standard", "hipaa", "gdpr"])
def test_shipped_profiles_fit_a_spec(good: str, load: Load, profile: str) -> None:
    checked = load(good.replace("profile: standard", f"profile: {profile}"))
    assert any(said.origin.source is Source.PROFILE for past in checked.origins.history.values() for said in past)


def test_strict_profiles_stay_strict_side_by_side(good: str, load: Load) -> None:
    """Both are laid over standard, which is laid once, below both."""
    text = good.replace("profile: standard", "profile: [hipaa, standard, gdpr]").replace("  retention: 365d\n", "")
    text = text.replace("steps: [5%, 25%, 100%], bake: 10m, ", "")
    checked = load(text)
    assert str(checked.spec.governance.retention) == "90d"
    assert [str(step) for step in checked.spec.rollout.steps] == ["1%", "5%", "25%", "100%"]


def test_a_team_keeps_profiles_above_its_specs(good: str, tmp_path: Path) -> None:
    from mlspec.specs.load import load_spec

    (tmp_path / "profiles").mkdir()
    (tmp_path / "models" / "churn").mkdir(parents=True)
    (tmp_path / "profiles" / "team.yaml").write_text("defaults: [{profile: hipaa}]\nserving: {timeout: 7s}\n")
    path = tmp_path / "models" / "churn" / "spec.yaml"
    path.write_text(good.replace("profile: standard", "profile: team"))
    checked = load_spec(path)
    assert str(checked.spec.serving.timeout) == "7s"
    assert str(checked.origins.of("serving.timeout")) == "../../profiles/team.yaml:2:20"


def test_a_shipped_profile_cannot_be_replaced_in_silence(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "standard.yaml").write_text("serving: {timeout: 7s}\n")
    (found,) = mistakes(good)
    assert (found.code, found.span and found.span.line) == ("ML301", 6)


def test_the_place_of_self_decides_who_has_the_last_word(good: str, load: Load) -> None:
    text = good.replace("rollback_on: [errors, drift]", "rollback_on: [errors, drift], max_error_rate: 3%")
    first = text.replace("  - profile: standard\n  - _self_", "  - _self_\n  - profile: standard")
    assert str(load(text).spec.rollout.max_error_rate) == "3%"
    assert str(load(first).spec.rollout.max_error_rate) == "1%"


def test_a_host_that_uses_hydra_keeps_its_own(good: str, load: Load, tmp_path: Path) -> None:
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore

    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "conf.yaml").write_text("x: 1\n")
    before = set(ConfigStore.instance().repo)
    with initialize_config_dir(str(tmp_path / "host")):
        load(good)
        assert compose("conf").x == 1
    assert set(ConfigStore.instance().repo) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["host", "spec.yaml"]


def test_loading_twice_is_the_same(good: str, load: Load) -> None:
    assert load(good, environment="prod") == load(good, environment="prod")
