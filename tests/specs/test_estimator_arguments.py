"""The arguments a spec may give are those that the installed libraries take, and nothing else passes."""

from pathlib import Path

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from tests.specs.estimator_table import TARGET, source

SPEC = """\
apiVersion: mlspec/v1
name: churn
owner: growth@example.com
data:
  source: {uri: "s3://lake/churn/"}
  columns:
    plan: {type: category, values: [free, team]}
    left: {type: bool, role: label}
training:
"""
NET = "class Net:\n    def __init__(self, inputs, outputs, width=3):\n        pass\n"


def codes(folder: Path, training: str) -> list[tuple[str, str]]:
    """The codes and keys of what is wrong with that training block."""
    lines = "".join(f"  {line}\n" for line in training.splitlines())
    (folder / "churn.yaml").write_text(SPEC + lines)
    try:
        load_spec(folder / "churn.yaml")
    except SpecError as error:
        return [(one.code, one.path.rpartition(".")[2]) for one in error.diagnostics]
    return []


def test_the_table_is_what_the_libraries_take() -> None:
    assert TARGET.read_text(encoding="utf-8") == source(), "python -m tests.specs.estimator_table"


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        ("estimator: {_target_: xgboost.XGBClassifier, max_depth: 3}", []),
        ("estimator: {_target_: lightgbm.LGBMClassifier, bagging_fraction: 0.5, objective: binary}", []),
        ("estimator: {_target_: lightgbm.LGBMClassifier, zero_as_missing: false}", []),
        ("estimator: {_target_: lightgbm.LGBMClassifier, zero_as_missing: true}", [("ML244", "zero_as_missing")]),
        ("estimator: {_target_: lightgbm.LGBMRegressor}", [("ML231", "_target_")]),
        ("estimator: {_target_: xgboost.XGBClassifier, booster: gblinear}", [("ML244", "booster")]),
        ("estimator: {_target_: xgboost.XGBClassifier, objective: 'rank:map'}", [("ML244", "objective")]),
        ("estimator: {_target_: sklearn.linear_model.LogisticRegression, c: 1}", [("ML244", "c")]),
        ("framework: torch\nestimator: {_target_: xgboost.XGBClassifier}", [("ML243", "framework")]),
        ("estimator: {_target_: mlspec.runtime.networks.TabularMLP, hidden: [8], dropout: 0}", []),
        ("estimator: {_target_: mlspec.runtime.networks.TabularMLP, inputs: 8}", [("ML244", "inputs")]),
        ("framework: torch\nestimator: {_target_: net.Net, width: 8}", []),
        ("framework: torch\nestimator: {_target_: net.Net, depth: 8}", [("ML245", "depth")]),
        ("framework: torch\nestimator: {_target_: net.Other}", [("ML245", "_target_")]),
        ("framework: torch\nestimator: {_target_: nothing.Net}", [("ML245", "_target_")]),
        ("framework: torch\nestimator: {_target_: json.Net}", [("ML245", "_target_")]),
        ("framework: torch\nestimator: {_target_: ../net.Net}", [("ML231", "_target_")]),
        ("estimator: {_target_: net.Net}", [("ML231", "_target_")]),
    ],
)
def test_what_is_taken_and_what_is_told(tmp_path: Path, training: str, expected: list[tuple[str, str]]) -> None:
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "json.py").write_text(NET)
    assert codes(tmp_path, training) == expected


@pytest.mark.parametrize(
    "text",
    [
        "class Net(\n",
        "\0",
        "(" * 5000,
        "import requests\n" + NET,
        "from . import other\n" + NET,
        "raise SystemExit(3)\n",
    ],
)
def test_a_file_is_read_and_never_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "net.py").write_text(text)
    found = codes(tmp_path, "framework: torch\nestimator: {_target_: net.Net}")
    assert found == [("ML245", "_target_")]


@pytest.mark.parametrize(
    ("preprocess", "expected"),
    [
        ("{numbers: [{_target_: sklearn.preprocessing.RobustScaler, with_centering: false}]}", []),
        ("{numbers: [{_target_: sklearn.preprocessing.OneHotEncoder}]}", [("ML231", "_target_")]),
        ("{categories: [{_target_: os.system}]}", [("ML231", "_target_")]),
        ("{numbers: [{_target_: sklearn.impute.SimpleImputer, fill: 3}]}", [("ML244", "fill")]),
        ("{numbers: [{with_mean: true}]}", [("ML231", "0")]),
    ],
)
def test_steps_before_the_estimator(tmp_path: Path, preprocess: str, expected: list[tuple[str, str]]) -> None:
    estimator = "estimator: {_target_: sklearn.linear_model.LogisticRegression}"
    assert codes(tmp_path, f"{estimator}\npreprocess: {preprocess}") == expected
