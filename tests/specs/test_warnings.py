"""What is allowed and rarely meant is told, at its line; a strict run refuses it."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.specs.diagnostics import Severity
from mlspec.specs.init import TEMPLATES, files_beside, init_spec
from mlspec.specs.model_size import growth_of
from mlspec.specs.rules_advice import ADVICE
from mlspec.specs.schedules import schedule_problem
from tests.specs.conftest import Load, Mistakes

# old text, new text with @@ at the place of the warning, its code
CASES = (
    ("rows: {min: 5000}}, leakage]", "rows: {min: 1000}}]", "ML259"),
    ("plan:     {type: category,", "plan:     {unit: @@EUR, type: category,", "ML254"),
    ("    spend:", "    @@was_left: {type: bool}\n    spend:", "ML255"),
    ("email: [ml-team@example.com]", "email: [other@example.com]", "ML257"),
    ("notify: {email: [ml-team@example.com]}\n", "", "ML256"),
    ("by: lead@example.com", "by: @@ml-team@example.com", "ML258"),
    ("auth: iam", "auth: iam, timeout: 40ms", "ML260"),
    ("auth: iam", "auth: iam, concurrency: @@901", "ML261"),
    ("auth: iam", "auth: iam, max_rows: @@1000000", "ML262"),
    ("test: 15d", "test: 7%", "ML253"),
    ("    spend:", "    @@actual_spend: {type: float}\n    spend:", "ML255"),
    ("HistGradientBoostingClassifier, max_iter: 200", "RandomForestClassifier", "ML263"),
    ("max_iter: 200}", "max_iter: 40000}", "ML263"),
    ("max_iter: 200}", "max_iter: 200000}", "ML263"),
    ("instance: ml.m5.xlarge", "instance: @@ml.g5.xlarge", "ML264"),
    ('{schedule: "rate(30 days)"}', '{schedule: @@"rate(29 days)"}', "ML265"),
    ('"rate(30 days)"}], cooldown: 30d', '"cron(0 6,18 * * ? *)"}], cooldown: 1h', "ML265"),
    (", versus: champion, tolerance: 0.005, confidence: 95%", ", min: 0.6", "ML252"),
)


@pytest.mark.parametrize(("old", "new", "code"), CASES, ids=[code for *_, code in CASES])
def test_a_warning_is_told_where_it_is(good: str, load: Load, old: str, new: str, code: str) -> None:
    assert old in good
    text = good.replace(old, new, 1)
    found = [warning for warning in load(text.replace("@@", "")).warnings if warning.code == code]
    assert [warning.severity for warning in found] == [Severity.WARNING]
    assert found[0].line, "the line is shown"
    if "@@" in text:
        before = text[: text.index("@@")]
        assert found[0].span
        place = (found[0].span.line, found[0].span.column)
        assert place == (before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_a_spec_without_gates_and_monitors(load: Load) -> None:
    text = init_spec("binary", "bare").split("gates:")[0].replace("profile: standard", "profile: minimal")
    assert {"ML250", "ML251"} <= {warning.code for warning in load(text).warnings}


def test_a_mean_of_different_units_is_told(load: Load) -> None:
    text = (Path(__file__).parents[1] / "golden/several/spec.yaml").read_text()
    assert "ML266" not in {warning.code for warning in load(text).warnings}
    found = load(text.replace("output: hours, max: 6", "max: 6")).warnings
    (warning,) = [warning for warning in found if warning.code == "ML266"]
    assert warning.path == "gates.1.metric"
    assert warning.message == "rmse is the mean over labels of different units: hours (hour), cents"
    same = text.replace("output: hours, max: 6", "max: 6").replace("unit: hour, ", "")
    assert "ML266" not in {warning.code for warning in load(same).warnings}


def test_every_advice_has_a_case() -> None:
    told = {code for *_, code in CASES} | {"ML250", "ML251", "ML266"}
    assert len(told) == len(ADVICE) + 1, "one of them has two codes"


def test_a_broken_spec_shows_the_warnings_of_its_other_parts(good: str, mistakes: Mistakes) -> None:
    text = good.replace("plan:     {type: category,", "plan:     {unit: EUR, type: category,", 1)
    found = mistakes(text.replace("seed: 7", "sed: 7").replace("bake: 10m", "bake: 10"))
    assert [(one.code, one.severity) for one in found] == [
        ("ML254", Severity.WARNING),
        ("ML201", Severity.ERROR),
        ("ML206", Severity.ERROR),
    ]


def test_what_is_missing_in_a_broken_spec_may_be_misspelt_and_is_no_warning(good: str, mistakes: Mistakes) -> None:
    for old, new in (("notify:", "notfy:"), ("monitors:", "monitor:"), ("gates:", "gate:"), ("checks:", "cheks:")):
        found = mistakes(good.replace(old, new, 1))
        assert not [one.code for one in found if one.severity is Severity.WARNING], new


@pytest.mark.parametrize(
    ("estimator", "nodes"),
    [
        ({"_target_": "sklearn.ensemble.HistGradientBoostingClassifier"}, 100 * 3 * 61),
        ({"_target_": "sklearn.ensemble.HistGradientBoostingClassifier", "max_leaf_nodes": 9}, 300 * 17),
        ({"_target_": "sklearn.ensemble.RandomForestClassifier"}, None),
        ({"_target_": "sklearn.ensemble.RandomForestClassifier", "max_leaf_nodes": 50}, 100 * 99),
        ({"_target_": "sklearn.tree.DecisionTreeRegressor", "max_depth": 3}, 15),
        ({"_target_": "xgboost.XGBClassifier", "n_estimators": 10}, 30 * 127),
        ({"_target_": "lightgbm.LGBMClassifier"}, 100 * 3 * 61),
    ],
)  # fmt: skip
def test_how_far_trees_can_grow(estimator: dict[str, Any], nodes: int | None) -> None:
    growth = growth_of(estimator, classes=3, rows=None)
    assert growth is not None
    assert growth.nodes == nodes
    limited = growth_of(estimator, classes=3, rows=10)
    assert limited is not None
    assert limited.nodes is not None
    assert limited.nodes <= growth.trees * 19


def test_boosting_grows_trees_for_each_output() -> None:
    for target, each in (("lightgbm.LGBMRegressor", 100), ("sklearn.ensemble.RandomForestRegressor", 0)):
        one, three = (growth_of({"_target_": target}, classes=1, rows=9, outputs=outputs) for outputs in (1, 3))
        assert one is not None
        assert three is not None
        assert three.trees - one.trees == 2 * each


def test_what_has_no_trees_is_not_judged() -> None:
    for estimator in (
        {"_target_": "sklearn.linear_model.Ridge"},
        {"_target_": "xgboost.XGBClassifier", "n_estimators": "9"},
        {},
    ):
        assert growth_of(estimator, classes=1, rows=None) is None


def test_the_good_spec_and_the_templates_are_good(good: str, load: Load) -> None:
    assert load(good).warnings == ()
    for template in (name for name in TEMPLATES if not files_beside(name)):  # those are compiled with what is beside
        assert [(one.code, one.message) for one in load(init_spec(template, "model")).warnings] == []


def test_warnings_are_shown_and_strict_refuses_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "model.yaml"
    spec.write_text(init_spec("binary", "model").replace(", leakage]", "]"))
    for command in ("validate", "compile", "plan", "plan"):  # the last from the cache
        assert invoke([command, str(spec)]) == Exit.DONE
        assert "ML259 warning:" in capsys.readouterr().err
        assert invoke([command, str(spec), "--strict"]) == Exit.INVALID
        assert "ML259 features" in capsys.readouterr().err
    assert invoke(["validate", str(spec), "--json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["errors"], document["diagnostics"][0]["severity"]) == (0, "warning")


@pytest.mark.parametrize(
    "text",
    [
        "rate(1 day)", "rate(30 days)", "rate(1 minute)", "cron(0 6 1 * ? *)", "cron(0/15 8-17 ? * MON-FRI *)",
        "cron(0 6 L * ? 2027)", "cron(0 6 ? JAN,JUL 2#1 *)", "cron(0 6 ? * 6L 2027-2030)", "cron(5,10 0 29 2 ? *)",
    ],
)  # fmt: skip
def test_schedules_that_come(text: str) -> None:
    assert schedule_problem(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rate(1 days)", "ML208"), ("rate(30 day)", "ML208"), ("rate(0 days)", "ML208"), ("rate(0 day)", "ML208"),
        ("rate(2 weeks)", "ML208"), ("rate(1.5 days)", "ML208"), ("cron(0 6 * * ?)", "ML208"),
        ("cron(0 6 * * * *)", "ML208"), ("cron(0 6 ? * ? *)", "ML208"), ("cron(60 6 1 * ? *)", "ML208"),
        ("cron(0 24 1 * ? *)", "ML208"), ("cron(0 6 32 * ? *)", "ML208"), ("cron(0 6 1 13 ? *)", "ML208"),
        ("cron(0 6 ? * 8 *)", "ML208"), ("cron(0 6 ? * MOO *)", "ML208"), ("cron(0 6 1 * ? 1969)", "ML208"),
        ("cron(5-1 6 1 * ? *)", "ML208"), ("cron(0/0 6 1 * ? *)", "ML208"), ("cron(0 6 31 2 ? *)", "ML242"),
        ("cron(0 6 31 4,JUN ? *)", "ML242"), ("every day", "ML208"),
    ],
)  # fmt: skip
def test_schedules_that_do_not(text: str, code: str) -> None:
    problem = schedule_problem(text)
    assert problem is not None
    assert problem[0] == code
