"""What mlspec.toml requires is below every spec; no spec, overlay, override or other library gets around its locks."""

from pathlib import Path

import pytest

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.load import load_spec

ACME = """\
final: [governance.retention, serving.auth, serving.memory]
defaults: [{serving: internal}, _self_]
governance: {retention: 730d}
"""


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A repository with a library that is required, and a spec in a folder below that names none of it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "mlspec.toml").write_text('[library]\npath = "platform"\nrequired = ["profile/acme"]\n')
    for name, text in (("profile/acme", ACME), ("serving/internal", "serving: {memory: 1 GiB, auth: iam}\n")):
        write(tmp_path / "platform" / f"{name}.yaml", text)
    write(tmp_path / "models" / "spec.yaml", spec())
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def spec(defaults: str = "[_self_]", more: str = "", overlay: str = "{}") -> str:
    """A spec over `defaults` that says `more`."""
    return f"""\
apiVersion: mlspec/v1
name: churn
owner: ml-team@example.com
defaults: {defaults}
environments: {{prod: {overlay}}}
data:
  source: {{uri: "s3://lake/churn/"}}
  columns: {{a: {{type: float}}, b: {{type: bool, role: label}}}}
training:
  estimator: {{_target_: sklearn.linear_model.LogisticRegression}}
{more}
"""


def mistakes(path: Path, *overrides: str, environment: str = "dev", library: str = "") -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        load_spec(path, environment=environment, overrides=overrides, library=library)
    return caught.value.diagnostics


def test_a_spec_that_names_no_profile_is_laid_over_what_is_required(team: Path) -> None:
    checked = load_spec(team / "models" / "spec.yaml")
    assert str(checked.spec.governance.retention) == "730d"
    assert str(checked.origins.of("governance.retention")) == "../platform/profile/acme.yaml:3:25"
    lock = checked.origins.lock_of("governance.retention")
    assert lock is not None
    assert (lock.owner, str(lock.span)) == ("profile 'acme'", "../platform/profile/acme.yaml:1:9")
    assert team / "mlspec.toml" in checked.looked


RETENTION = "governance: {retention: 30d}"


@pytest.mark.parametrize(
    ("defaults", "more", "overlay", "overrides", "place"),
    [
        ("[_self_]", RETENTION, "{}", (), "spec.yaml:11:25"),
        ("[{profile: minimal}, _self_]", RETENTION, "{}", (), "spec.yaml:11:25"),
        ("[_self_, {profile: acme}]", RETENTION, "{}", (), "spec.yaml:11:25"),
        ("[{profile: acme}]", "", f"{{{RETENTION}}}", (), "spec.yaml:5:47"),
        ("[{profile: acme}]", "", "{}", ("profile=minimal", "governance.retention=30d"), "governance.retention=30d"),
        ("[{profile: acme}]", "", "{}", ("~profile", "~governance"), "~governance"),
        ("[{profile: gdpr}]", "", "{}", (), "mlspec:profile/standard.yaml:18:14"),
        ("[{profile: acme}]", "", "{}", ("profile=gdpr",), "mlspec:profile/standard.yaml:18:14"),
        ("[{serving: internal}, {profile: lax}, {profile: acme}]", "", "{}", (), "profiles/lax.yaml:1:19"),
        ("[_self_]", "", "{}", ("serving=small-lambda",), "mlspec:serving/small-lambda.yaml:4:11"),
    ],
)
def test_no_way_around_a_lock(
    team: Path, defaults: str, more: str, overlay: str, overrides: tuple[str, ...], place: str
) -> None:
    """Not by naming no profile, another one, the files that it includes, or the profile after the spec itself."""
    write(team / "models" / "profiles" / "lax.yaml", "serving: {memory: 4 GiB}\n")
    write(team / "models" / "spec.yaml", spec(defaults, more, overlay))
    found = mistakes(team / "models" / "spec.yaml", *overrides, environment="prod")
    locks = [one for one in found if one.code == "ML312"]
    assert place in [str(one.span or one.line) for one in locks]
    assert all("profile 'acme' holds it at ../platform/profile/acme.yaml:1:" in one.message for one in locks)


def test_another_library_does_not_stand_in_for_the_required_one(team: Path) -> None:
    write(team / "mine" / "profile" / "acme.yaml", "training: {seed: 1}\n")
    path = team / "models" / "spec.yaml"
    (told,) = mistakes(path, library=str(team / "mine"))
    assert (told.code, told.span, told.line) == ("ML314", None, f"--library {team / 'mine'}")
    assert "profile 'acme' is required" in told.message
    assert "../mlspec.toml:3:1" in told.hint
    assert (
        load_spec(path, library=str(team / "platform")).spec.governance.retention
        == load_spec(path).spec.governance.retention
    )
    write(team / "models" / "mlspec.toml", '[library]\npath = "../mine"\n')
    (told,) = mistakes(path)
    assert (told.code, str(told.span)) == ("ML314", "mlspec.toml:2:1")


def test_a_nearer_mlspec_toml_may_require_more_and_not_less(team: Path) -> None:
    write(team / "platform" / "rollout" / "slow.yaml", "final: [rollout.bake]\nrollout: {bake: 1h}\n")
    write(team / "models" / "mlspec.toml", '[library]\nrequired = ["rollout/slow"]\n')
    checked = load_spec(team / "models" / "spec.yaml")
    assert {"rollout.bake", "governance.retention"} <= set(checked.origins.finals)


def test_a_file_beside_the_spec_is_not_what_is_required(team: Path) -> None:
    (team / "platform" / "profile" / "acme.yaml").unlink()
    write(team / "models" / "profiles" / "acme.yaml", "training: {seed: 1}\n")
    assert [(one.code, str(one.span)) for one in mistakes(team / "models" / "spec.yaml")] == [
        ("ML301", "../mlspec.toml:3:13")
    ]


@pytest.mark.parametrize("required", ['"profile/acme"', '["acme"]', '["profil/acme"]', "[3]", '["profile/"]'])
def test_what_cannot_be_required_is_told(team: Path, required: str) -> None:
    (team / "mlspec.toml").write_text(f'[library]\npath = "platform"\nrequired = {required}\n')
    (told,) = mistakes(team / "models" / "spec.yaml")
    assert (told.code, str(told.span)) == ("ML310", f"../mlspec.toml:3:{13 if required.startswith('[') else 12}")


@pytest.mark.parametrize(
    "more",
    [
        "governance: {retention: 17520h}",
        "serving: {memory: 1024 MiB}",
        "serving: {memory: 1.0 GiB, timeout: 10s}",
    ],
)
def test_the_same_value_in_other_words_breaks_no_lock(team: Path, more: str) -> None:
    write(team / "models" / "spec.yaml", spec(more=more, overlay=f"{{{more}}}"))
    checked = load_spec(team / "models" / "spec.yaml", environment="prod", overrides=["governance.retention=1051200m"])
    assert (str(checked.spec.governance.retention), str(checked.spec.serving.memory)) == ("730d", "1 GiB")


@pytest.mark.parametrize(
    "more", ["governance: {retention: 17521h}", "governance: {retention: '${spec.serving.timeout}'}"]
)
def test_another_value_in_other_words_breaks_it(team: Path, more: str) -> None:
    write(team / "models" / "spec.yaml", spec(more=more))
    assert "ML312" in [one.code for one in mistakes(team / "models" / "spec.yaml")]


def test_locked_lists_and_blocks_are_compared_as_they_are_read(team: Path) -> None:
    write(
        team / "platform" / "profile" / "acme.yaml",
        "final: [gates, rollout]\ngates: [{metric: latency_p99, max: 50ms}]\nrollout: {steps: [10%, 100%], bake: 1h}\n",
    )
    same = "gates: [{max: 0.05s, metric: latency_p99}]\nrollout: {steps: [10.0%, 100%], bake: 60m, strategy: canary}"
    write(team / "models" / "spec.yaml", spec(more=same))
    load_spec(team / "models" / "spec.yaml")
    other = "gates: [{max: 0.06s, metric: latency_p99}]\nrollout: {bake: 60m, strategy: all_at_once}"
    write(team / "models" / "spec.yaml", spec(more=other))
    found = [str(one.span) for one in mistakes(team / "models" / "spec.yaml") if one.code == "ML312"]
    assert found == ["spec.yaml:11:8", "spec.yaml:12:22"], "the list, and of the block the one key that differs"


def test_an_overlay_that_was_not_chosen_is_held_to_the_locks_too(team: Path) -> None:
    overlay = "{governance: {retention: 30d}, serving: {auth: iam}}"
    write(team / "models" / "spec.yaml", spec("[{profile: acme}]", overlay=overlay))
    for environment in ("dev", "prod"):
        (found,) = mistakes(team / "models" / "spec.yaml", environment=environment)
        assert (found.code, str(found.span)) == ("ML312", "spec.yaml:5:47")
