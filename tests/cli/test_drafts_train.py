"""Specs drafted from difficult rows compile, plan and train as they are, whatever the label and the file's format."""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.compiler.units.training import training_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec
from tests.training.tables import read_json

ROWS = 1200
BEGIN = datetime(2026, 1, 1)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """Times, words with nulls and signs of YAML, personal data; constant, empty, infinite, unique columns."""
    random = np.random.default_rng(5)
    size, weight = random.normal(size=ROWS), random.normal(size=ROWS)
    numbers = range(ROWS)
    return pl.DataFrame(
        {
            "Order ID": [f"O{n}" for n in numbers],
            "FirstName": [["Ann", "Bob", "Cy"][n % 3] for n in numbers],
            "e-mail": [f"p{n}@example.org" for n in numbers],
            "ordered": [BEGIN + timedelta(hours=n) for n in numbers],
            "shipped": [None if n % 7 == 0 else BEGIN + timedelta(hours=n + 40) for n in numbers],
            "day": [(BEGIN + timedelta(days=n // 24)).date() for n in numbers],
            "size": np.round(100 + 20 * size, 2),
            "weight": [float("nan") if n % 5 == 0 else weight[n] for n in numbers],
            "city": [["Köln", "No", "yes", "Ulm: Süd"][n % 4] if n % 11 else None for n in numbers],
            "comment": [f"text {n % 700}" for n in numbers],
            "const": [1.0] * ROWS,
            "empty": pl.Series([None] * ROWS, dtype=pl.Float64),
            "huge": random.integers(0, 2**60, ROWS),
            "infinite": [float("inf") if n == 3 else float(n % 13) for n in numbers],
            "member": [n % 3 == 0 for n in numbers],
            "grade": [["a", "b", "c"][int(abs(size[n] + weight[n] / 2) * 1.2) % 3] for n in numbers],
            "returned": size + random.normal(size=ROWS) / 2 > 0.4,
            "price": np.round(50 + 10 * size + random.normal(size=ROWS), 2),
        }
    )


def write(table: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path)
    return path


def train(checked: Checked, data: Path, folder: Path) -> Path:
    """The unit's own code in a folder as SageMaker has it; the model's folder."""
    for path, held in unit_files(training_unit(checked)).items():
        (folder / "code" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "code" / path).write_bytes(held)
    base = folder / "base"
    (base / "input/data/data").mkdir(parents=True)
    shutil.copy(data, base / "input/data/data")
    (base / "input/config").mkdir(parents=True)
    told = {"release": "r1", "now": (BEGIN + timedelta(hours=ROWS)).isoformat() + "+00:00", "champion": ""}
    (base / "input/config/hyperparameters.json").write_text(json.dumps(told))
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base)}
    command = [sys.executable, "main.py"]
    done = subprocess.run(command, cwd=folder / "code", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return base / "model"


@pytest.mark.parametrize(
    ("label", "form", "task", "metric"),
    [
        ("returned", "csv", "binary", "roc_auc"),
        ("grade", "parquet", "multiclass", "roc_auc"),
        ("price", "csv", "regression", "r2"),
        ("price", "parquet", "regression", "r2"),
    ],
)
def test_a_draft_trains_as_it_is(
    tmp_path: Path, table: pl.DataFrame, label: str, form: str, task: str, metric: str
) -> None:
    data = write(table, tmp_path / f"rows.{form}")
    spec = tmp_path / "model.yaml"
    assert invoke(["init", str(spec), "--from", str(data), "--label", label]) == Exit.DONE
    assert invoke(["plan", str(spec)]) == Exit.DONE
    checked = load_spec(spec)
    assert checked.spec.task == task
    evaluation = read_json(train(checked, data, tmp_path / "job") / "evaluation.json")
    assert evaluation["metrics"]["challenger"][metric] > 0.1
    assert all(check["passed"] for check in evaluation["checks"])


def test_columns_are_what_they_look_like(tmp_path: Path, table: pl.DataFrame) -> None:
    data = write(table, tmp_path / "rows.parquet")
    spec = tmp_path / "model.yaml"
    assert invoke(["init", str(spec), "--from", str(data), "--label", "returned"]) == Exit.DONE
    columns = load_spec(spec).spec.data.columns
    assert {name for name, column in columns.items() if column.pii} == {"FirstName", "e-mail"}
    ignored = {"FirstName", "e-mail", "shipped", "day", "comment", "const", "empty", "infinite"}
    assert {name for name, column in columns.items() if column.role == "ignore"} == ignored
    assert columns["Order ID"].role == "id"
    assert columns["weight"].nullable is True, "what is not a number is null in training and in service"


@pytest.mark.parametrize(
    ("label", "found"),
    [("returned", ["echo", "size"]), ("price", ["size"]), ("grade", ["word"]), ("member", [])],
)
def test_what_alone_tells_the_label_is_told(
    tmp_path: Path, table: pl.DataFrame, capsys: pytest.CaptureFixture[str], label: str, found: list[str]
) -> None:
    """Of two classes, of three, of amounts; by a number whose order is another, by words, by a truth value."""
    size = pl.col("size")
    told = table.with_columns(
        returned=(size - 100).abs() > 20, echo=((size - 100).abs() > 20).cast(int), word=pl.col("grade") + "!"
    )
    data = write(told, tmp_path / "rows.parquet")
    spec = tmp_path / "model.yaml"
    assert invoke(["init", str(spec), "--from", str(data), "--label", label]) == Exit.DONE
    text = spec.read_text(encoding="utf-8")
    assert [name for name in ("echo", "size", "word") if f"\n  #   {name}\n" in text] == found
    assert (", leakage]" in text) == (not found)
    assert ("alone nearly tell" in capsys.readouterr().out) == bool(found)
