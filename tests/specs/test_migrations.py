"""Specs in an older version of the language are refused with a way out, and migrated keeping every comment."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.migrations import MIGRATIONS, migrate_text, migrations_page
from mlspec.specs.versions import CURRENT, OLDER
from tests.specs.conftest import Load, Mistakes

ROOT = Path(__file__).parents[2]
OLD = (Path(__file__).parent / "v1alpha1.yaml").read_text(encoding="utf-8")
NEW = (Path(__file__).parent / "v1alpha1-migrated.yaml").read_text(encoding="utf-8")


def comments(text: str) -> list[str]:
    """What stands between the tokens of a text, less the space."""
    found, end = [], 0
    for token in yaml.scan(text):
        found += re.findall(r"#[^\n]*", text[end : token.start_mark.index])
        end = max(end, token.end_mark.index)
    return found


def test_a_whole_spec() -> None:
    assert migrate_text(OLD, "spec.yaml").text == NEW
    assert comments(NEW) == comments(OLD)


def test_what_was_migrated_is_valid_in_every_environment(load: Load) -> None:
    for environment in ("dev", "prod"):
        checked = load(NEW, environment=environment)
        assert checked.spec.task == "binary"
        assert not [one for one in checked.warnings if one.code < "ML250"]


def test_an_older_spec_is_refused_with_the_way_out_and_nothing_else(mistakes: Mistakes) -> None:
    (found,) = mistakes(OLD)
    assert (found.code, found.span and found.span.line) == ("ML210", 3)
    assert "mlspec migrate spec.yaml" in found.hint


@pytest.mark.parametrize(
    ("version", "near"), [("mlspec/v2", "mlspec/v1"), ("mlspec/v1alpha2", "mlspec/v1alpha1"), ("mlspec/v1beta1", "")]
)
def test_a_version_nobody_knows_is_told_with_the_nearest(mistakes: Mistakes, version: str, near: str) -> None:
    (found,) = mistakes(NEW.replace("mlspec/v1 ", f"{version} "))
    assert found.code == "ML211"
    assert near in found.hint
    with pytest.raises(SpecError, match="ML211"):
        migrate_text(OLD.replace("mlspec/v1alpha1", version), "spec.yaml")


def test_every_migration_leads_to_the_current_version() -> None:
    assert tuple(step.old for step in MIGRATIONS) == OLDER
    assert [step.new for step in MIGRATIONS] == [*OLDER[1:], CURRENT]


def test_the_page_is_current() -> None:
    page = ROOT / "docs" / "migrations.md"
    assert page.read_text(encoding="utf-8") == migrations_page(), (
        "python -m mlspec.specs.migrations > docs/migrations.md"
    )


@pytest.mark.parametrize("change", MIGRATIONS[0].changes, ids=lambda change: f"{change.path} {change.said[:20]}")
def test_every_difference_stands_in_the_example(change: Any) -> None:
    from mlspec.specs.migrations_edits import Old

    assert list(change.edits(Old(OLD, "spec.yaml"), change.path)), "so that the test of the whole spec has tried it"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("alerts:", "notify: {email: []}\nalerts:", "which is here too"),
        ("- {name: customer, ", "- {", "has no `name`"),
        ("- {name: customer, ", "- &who {name: customer, ", "anchor"),
        ("name: asked_at", "name: customer", "has no `name` of its own"),
        ("${data.source}", "${data.columns.0.min}", "counts columns"),
        ("timeout: 30}", "timeout: &n 30}\nother: 1", ""),
        ("customer, dtype", "customer # x, y\n       , dtype", "comment"),
    ],
)
def test_what_needs_a_person_is_told_at_its_place(old: str, new: str, said: str) -> None:
    text = OLD.replace(old, new, 1)
    assert text != OLD
    if not said:
        assert "timeout: &n 30s" in migrate_text(text, "spec.yaml").text
        return
    with pytest.raises(SpecError) as caught:
        migrate_text(text, "spec.yaml")
    assert {one.code for one in caught.value.diagnostics} == {"ML212"}
    assert said in caught.value.diagnostics[0].message
    assert caught.value.diagnostics[0].span


def test_an_alias_that_would_mean_two_things_is_told() -> None:
    text = OLD.replace("timeout: 30}", "timeout: &n 30}").replace("log_days: 365", "log_days: *n")
    with pytest.raises(SpecError) as caught:
        migrate_text(text, "spec.yaml")
    assert [one.code for one in caught.value.diagnostics] == ["ML212"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deep").mkdir()
    old, new, windows = tmp_path / "deep" / "old.yaml", tmp_path / "new.yaml", tmp_path / "windows.yaml"
    old.write_text(OLD)
    new.write_text(NEW)
    windows.write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    (tmp_path / "other.yaml").write_text("model: x\n")
    for words in (["--check"], ["--diff"], ["--check", "--diff"]):
        assert invoke(["migrate", str(tmp_path), *words]) == (Exit.CHANGES if "--check" in words else Exit.DONE)
        out = capsys.readouterr().out
        assert "2 to be migrated, 1 in mlspec/v1" in out
        assert ("+name: churn" in out) == ("--diff" in words)
    assert old.read_text() == OLD
    assert invoke(["migrate", str(tmp_path)]) == Exit.DONE
    assert old.read_text() == new.read_text() == NEW
    assert windows.read_bytes() == b"\xef\xbb\xbf" + NEW.replace("\n", "\r\n").encode()
    assert (tmp_path / "other.yaml").read_text() == "model: x\n"
    for words in ([], ["--check"]):
        assert invoke(["migrate", str(tmp_path), *words]) == Exit.DONE
        assert "3 in mlspec/v1" in capsys.readouterr().out
    assert invoke(["migrate", str(tmp_path / "other.yaml"), "--from", OLDER[0]]) == Exit.DONE
    assert (tmp_path / "other.yaml").read_text() == "name: x\n"
    old.write_text("apiVersion: mlspec/v1alpha1\nmodel: x\nmodel: y\n")
    assert invoke(["migrate", str(old), str(new)]) == Exit.INVALID
    assert "ML104" in capsys.readouterr().err


# Specs in the old language, in any layout, beside what they are in the new one.
SECONDS = st.integers(60, 86_400)
SHARES = st.sampled_from([0.05, 0.1, 0.125, 0.2, 0.25])
KINDS = {"float": "float", "int": "int", "bool": "bool", "timestamp": "datetime"}


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    old: list[dict[str, Any]] = [{"name": "left", "dtype": "bool", "role": "target"}]
    new: dict[str, Any] = {"left": {"type": "bool", "role": "label"}}
    for name in draw(st.lists(st.sampled_from(["a", "b_c", "asked at", "é", "no"]), unique=True, min_size=1)):
        kind = draw(st.sampled_from([kind for kind in KINDS if kind != "timestamp"]))
        entries: dict[str, Any] = {"name": name, "dtype": kind}
        new[name] = {"type": KINDS[kind]}
        if draw(st.booleans()):
            share = draw(SHARES)
            entries["missing"], new[name]["nullable"] = share, f"{share * 100:g}%"
        keys = draw(st.permutations(list(entries)))
        old.append({key: entries[key] for key in keys})
    return old, new


@st.composite
def specs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    told, meant = draw(columns())
    bake, memory, test = draw(SECONDS), draw(st.integers(128, 10_240)), draw(SHARES)
    both = {"owner": "a@example.com", "description": draw(st.sampled_from(["", "x # y", "'", "a: b"]))}
    target = "sklearn.ensemble.HistGradientBoostingClassifier"
    uri = draw(st.sampled_from(["s3://lake/rows/", "rows.csv", "a, b", "rows {1}"]))
    old = {
        "apiVersion": OLDER[0], "model": "churn", **both,
        "data": {"source": uri, "columns": told, "split": {"test": test}},
        "training": {"model": {"class": target, "max_iter": 5}},
        "serving": {"memory": memory}, "deploy": {"bake": bake, "steps": [0.05, 1]},
    }  # fmt: skip
    new = {
        "apiVersion": CURRENT, "name": "churn", **both,
        "data": {"source": {"uri": uri}, "columns": meant, "split": {"test": f"{test * 100:g}%"}},
        "training": {"estimator": {"_target_": target, "max_iter": 5}},
        "serving": {"memory": f"{memory} MiB"}, "rollout": {"bake": f"{bake}s", "steps": ["5%", "100%"]},
    }  # fmt: skip
    return old, new


def laid_out(value: Any, draw: Any, indent: int) -> list[str]:
    """The lines of a block collection, some values in braces, comments anywhere."""
    lines: list[str] = []
    for key, child in value.items() if isinstance(value, dict) else ((None, child) for child in value):
        head = " " * indent + ("-" if key is None else f"{_scalar(key)}:")
        if draw(st.integers(0, 4)) == 0:
            lines.append(f"{' ' * indent}# before {len(lines)}, and: {{more}}")
        if not isinstance(child, dict | list) or not child or draw(st.booleans()):
            lines.append(f"{head} {_flow(child)}{draw(st.sampled_from(['', '  # after, all']))}")
            continue
        below = laid_out(child, draw, indent + 2)
        if key is None and draw(st.booleans()) and not below[0].lstrip().startswith("#"):
            lines += [f"{head} {below[0].lstrip()}", *below[1:]]
        else:
            lines += [f"{head}{draw(st.sampled_from(['', '   # of what follows']))}", *below]
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(child)}" for key, child in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]" if isinstance(value, list) else _scalar(value)


def _scalar(value: Any) -> str:
    plain = not isinstance(value, str) or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./:@-]*", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(both=specs(), data=st.data())
def test_any_layout_keeps_its_comments_and_says_the_same(both: tuple[Any, Any], data: st.DataObject) -> None:
    old, new = both
    text = "\n".join(laid_out(old, data.draw, 0)) + "\n"
    migrated = migrate_text(text, "spec.yaml")
    assert comments(migrated.text) == comments(text)
    assert migrate_text(migrated.text, "spec.yaml").text == migrated.text
    assert migrated.version == OLDER[0]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "migrated.yaml", Path(folder) / "meant.yaml"]
        for path, held in zip(paths, (migrated.text, json.dumps(new, ensure_ascii=False)), strict=True):
            path.write_text(held, encoding="utf-8")
        assert load_spec(paths[0]).spec == load_spec(paths[1]).spec
