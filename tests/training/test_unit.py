"""A spec becomes the unit of its training job: code that runs as SageMaker runs it, and says where it came from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlspec.compiler.units.literals import literal, wrapped
from mlspec.compiler.units.locks import locked_requirements
from mlspec.compiler.units.training import training_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from tests.training.tables import COLUMN_LINES, job_folder, orders, read_json

SPEC = f"""\
apiVersion: mlspec/v1
name: orders
owner: shop@example.com
data:
  source: {{uri: "s3://lake/orders/"}}
  window: 90d
  columns:
{COLUMN_LINES}  split: {{by: time, test: 10d, validation: 10%}}
  checks: [{{unique: [id]}}, {{rows: {{min: 100, max: 100000}}}}, leakage]
training:
  estimator: {{_target_: ESTIMATOR}}
  seed: 11
gates:
  - {{metric: roc_auc, min: 0.6}}
  - {{metric: roc_auc, versus: champion, confidence: 95%}}
  - {{metric: log_loss, versus: champion, tolerance: 0.01}}
  - {{metric: roc_auc, each: shop, min: 0.5}}
"""


def checked(folder: Path, *, estimator: str = "sklearn.linear_model.LogisticRegression, C: 0.5") -> Checked:
    (folder / "orders.yaml").write_text(SPEC.replace("ESTIMATOR", estimator))
    return load_spec(folder / "orders.yaml")


def write_unit(folder: Path) -> None:
    """All files of the unit, as its zip unpacks them."""
    folder.mkdir(exist_ok=True)
    for path, text in unit_files(training_unit(checked(folder))).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)


def test_the_settings_say_what_the_spec_says_and_where(tmp_path: Path) -> None:
    unit = training_unit(checked(tmp_path))
    settings = unit.files["settings.py"].decode()
    for line in (
        'Column("size", "float", "feature", minimum=-10.0, maximum=10.0, nulls=0.2),  # orders.yaml:10',
        'Column("shop", "category", "feature", values=("north", "east", "south")),  # orders.yaml:13',
        'unique=(("id",),),',
        "min_rows=100,",
        "max_rows=100000,",
        "leakage=True,",
        'split=Split("time", test=Part(milliseconds=864000000), validation=Part(share=0.1)),',
        'estimator="sklearn.linear_model.LogisticRegression",',
        'arguments={"C": 0.5},',
        "seed=11,",
        "window=7776000000,",
        'versus=(("roc_auc", (0.95,)), ("log_loss", ())),',
        'segments=("shop",),',
    ):
        assert line in settings
    assert (unit.name, unit.platform) == ("training", "sagemaker")
    assert unit == training_unit(checked(tmp_path))


@pytest.mark.parametrize("tool", [["ruff", "check"], ["mypy", "--strict", "--follow-imports=silent"]])
def test_generated_code_is_code(tmp_path: Path, tool: list[str]) -> None:
    write_unit(tmp_path)
    root = Path(__file__).parents[2]
    config = root / "pyproject.toml"
    options = ["--config", str(config)] if tool[0] == "ruff" else ["--config-file", str(config)]
    command = [sys.executable, "-m", *tool, *options, "main.py", "settings.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_runs_alone_as_sagemaker_runs_it(tmp_path: Path) -> None:
    write_unit(tmp_path / "code")
    base = job_folder(tmp_path / "base", orders())
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base)}
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path / "code", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    evaluation = read_json(base / "model/evaluation.json")
    assert evaluation["rows"] == {"train": 2250, "validation": 250, "test": 500}
    assert evaluation["metrics"]["challenger"]["roc_auc"] > 0.7
    assert set(evaluation["segments"]) == {"shop"}
    broken = job_folder(tmp_path / "broken", orders(50))
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path / "code", env={**os.environ, "SAGEMAKER_BASE_DIR": str(broken)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "50 rows in the window, at least 100" in (broken / "output/failure").read_text()


def test_an_estimator_that_cannot_be_exported_exactly_is_refused_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        training_unit(checked(tmp_path, estimator="sklearn.neighbors.KNeighborsClassifier"))
    (problem,) = caught.value.diagnostics
    assert problem.code == "ML440"
    assert problem.span is not None
    assert problem.span.line == 18
    assert "KNeighborsClassifier" in problem.message


def test_locks_pin_and_hash_every_requirement() -> None:
    for unit, needed in (("training", {"polars", "scikit-learn"}), ("inference", {"numpy", "onnxruntime", "msgspec"})):
        lines = locked_requirements(unit)
        assert needed <= {line.split("==")[0] for line in lines}
        assert all("==" in line and " --hash=sha256:" in line and "://" not in line for line in lines)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -0.5, "a", "it's", 'say "x"', "' and \"", "new\nline", "é\u202e", (), (1,), [1, {"a": (2, "b")}]],
)
def test_literals_read_back_as_they_were(value: object) -> None:
    assert eval(literal(value)) == value
    assert eval(f"({wrapped([value, value], indent=0)})") == (value, value)


def test_what_is_no_plain_value_has_no_literal() -> None:
    with pytest.raises(TypeError):
        literal(object())
