"""A team's own library: found, read, refused; its keys held final; what a spec shows is a spec again."""

from pathlib import Path

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.show import shown_as_yaml
from tests.specs.conftest import Load, Mistakes

TEAM = Path(__file__).parents[2] / "examples" / "team-library" / "churn.yaml"


def told(path: Path, *, environment: str = "dev", overrides: tuple[str, ...] = (), library: str = "") -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_spec(path, environment=environment, overrides=overrides, library=library)
    return [f"{d.code} {d.span or d.line}" for d in caught.value.diagnostics]


def test_values_of_a_team_library_point_into_its_files() -> None:
    checked = load_spec(TEAM, environment="prod")
    assert str(checked.origins.of("governance.retention")) == "platform/profile/acme.yaml:11:14"
    assert str(checked.origins.of("serving.auth")) == "platform/serving/internal.yaml:5:9"
    assert str(checked.origins.of("monitors.0.method")).startswith("mlspec:monitors/drift.yaml:")
    assert checked.spec.description.endswith("(prod)?")
    assert TEAM.parent / "mlspec.toml" in checked.looked


@pytest.mark.parametrize(
    ("override", "environment_change"),
    [("governance.retention=30d", ""), ("~gates.0", ""), ("~governance", ""), ("", "governance: {retention: 30d}")],
)
def test_a_final_value_cannot_be_changed(tmp_path: Path, override: str, environment_change: str) -> None:
    text = TEAM.read_text().replace("prod: {serving: {memory: 2 GiB}}", f"prod: {{{environment_change}}}")
    (tmp_path / "spec.yaml").write_text(text)
    given = (override,) if override else ()
    library = str(TEAM.parent / "platform")
    place = override or "spec.yaml:7:34"
    found = told(tmp_path / "spec.yaml", environment="prod", overrides=given, library=library)
    assert found == [f"ML312 {place}"]


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ('[library]\npath = "nowhere"', "ML310 mlspec.toml:2:8"),
        ('[library]\npackage = "no_such_package_here"', "ML310 mlspec.toml:2:11"),
        ('[library]\npaht = "x"', "ML310 mlspec.toml:2:1"),
        ("[library\n", "ML310 mlspec.toml:1:9"),
    ],
)
def test_settings_that_name_no_library_are_told(good: str, tmp_path: Path, settings: str, place: str) -> None:
    (tmp_path / "mlspec.toml").write_text(settings)
    (tmp_path / "spec.yaml").write_text(good)
    assert told(tmp_path / "spec.yaml") == [place]


def test_a_library_keeps_to_its_folder_and_its_groups(good: str, tmp_path: Path) -> None:
    (tmp_path / "mlspec.toml").write_text('[library]\npath = "lib"')
    (tmp_path / "lib" / "serving").mkdir(parents=True)
    (tmp_path / "elsewhere.yaml").write_text("serving: {memory: 2 GiB}\n")
    (tmp_path / "lib" / "serving" / "out.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (tmp_path / "lib" / "serving" / "gates.yaml").write_text("serving: {auth: iam}\ngates: []\n")
    for name, place in (("out", "ML301 spec.yaml:6:14"), ("gates", "ML313 lib/serving/gates.yaml:2:1")):
        (tmp_path / "spec.yaml").write_text(good.replace("profile: standard", f"serving: {name}"))
        assert told(tmp_path / "spec.yaml") == [place]


@pytest.mark.parametrize("text", ["${git.branch}", "${oc.env:HOME}", "${env.HOME}"])
def test_nothing_reads_the_machine(good: str, mistakes: Mistakes, text: str) -> None:
    (found,) = mistakes(good.replace("Will this customer leave?", text))
    assert found.code == "ML307"


def test_relative_interpolation(good: str, load: Load) -> None:
    text = good.replace("email: [ml-team@example.com]", "email: ['${spec.owner}', '${...owner}']")
    assert load(text).spec.notify.email == ("ml-team@example.com",) * 2


def test_what_is_shown_says_the_same_when_it_is_read(load: Load) -> None:
    checked = load_spec(TEAM)
    shown = shown_as_yaml(checked)
    assert "# mlspec:profile/standard.yaml:" in shown
    assert load(shown).resolved == checked.resolved
