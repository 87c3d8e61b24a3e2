"""What is wrong with a team's library is told at the word that is wrong, with the word that was meant."""

from pathlib import Path

import pytest

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.load import load_spec

BASE = "final: [serving.auth]\nserving: {auth: iam}\n"
TOML = '[library]\npath = "platform"\nrequired = ["profile/base"]\n'


@pytest.fixture
def first(good: str, tmp_path: Path) -> object:
    def run(toml: str = TOML, base: str = BASE, spec: str = good) -> Diagnostic:
        for name, text in (("mlspec.toml", toml), ("platform/profile/base.yaml", base), ("spec.yaml", spec)):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        (tmp_path / "platform" / "profile" / "other.yml").write_text(base)
        (tmp_path / "platform" / "serving").mkdir()
        (tmp_path / "platform" / "serving" / "big.yaml").write_text("serving: {memory: 2 GiB}\n")
        with pytest.raises(SpecError) as caught:
            load_spec(tmp_path / "spec.yaml")
        return caught.value.diagnostics[0]

    return run


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"platform"', '"platfrom"', "mlspec.toml:2:8"),
        ('"platform"', "platform", "mlspec.toml:2:8"),
        ('"platform"', "3", "mlspec.toml:2:8"),
        ("  path", "  pth", "mlspec.toml:2:3"),
        ('"profile/base"', '"profile/bse"', "mlspec.toml:3:13"),
        ('["profile/base"]', '[\n  "profile/base",\n  "base",\n]', "mlspec.toml:5:3"),
        ('["profile/base"]', '"profile/base"', "mlspec.toml:3:12"),
    ],
)
def test_mlspec_toml_is_pointed_at_where_it_is_wrong(first: object, old: str, new: str, place: str) -> None:
    assert callable(first)
    toml = TOML.replace("path", "  path") if old.startswith(" ") else TOML
    assert old in toml
    assert str(first(toml=toml.replace(old, new)).span) == place


def test_a_lock_that_is_misspelt_has_the_nearest_key(first: object) -> None:
    assert callable(first)
    found = first(base=BASE.replace("[serving.auth]", "[serving.ath]"))
    assert (str(found.span), found.hint.partition("?")[0]) == (
        "platform/profile/base.yaml:1:9",
        "did you mean 'serving.auth'",
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("big", "it is of another group: write `- serving: big`"),
        ("other", "files of libraries end in .yaml: rename other.yml"),
        ("bas", "did you mean 'base'?"),
    ],
)
def test_a_name_that_no_profile_has_is_looked_for_elsewhere(first: object, good: str, name: str, hint: str) -> None:
    assert callable(first)
    found = first(spec=good.replace("profile: standard", f"profile: {name}"))
    assert (found.code, str(found.span)) == ("ML301", "spec.yaml:6:14")
    assert hint in found.hint
