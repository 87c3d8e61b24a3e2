"""The whole job with each framework: what it writes, early stopping, and a module of the user's own."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlspec.compiler.units.training import training_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.boosting import PATIENCE, stopping_rounds
from mlspec.runtime.contract import ContractBroken
from mlspec.runtime.export import export_model
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.splits import Parts
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_settings import Fit, TrainingSettings
from mlspec.specs.load import load_spec
from tests.training.tables import COLUMN_LINES, CONTRACT, SETTINGS, job_folder, orders, read_json

TABLE = orders(1200)
NO_TORCH = importlib.util.find_spec("torch") is None
needs_torch = pytest.mark.skipif(NO_TORCH, reason="torch is not installed: make torch")
SPEC = f"""\
apiVersion: mlspec/v1
name: orders
owner: shop@example.com
data:
  source: {{uri: "s3://lake/orders/"}}
  columns:
{COLUMN_LINES}  split: {{by: time, test: 10d, validation: 20%}}
training:
"""
NET = """\
from torch import nn

class Net(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, outputs))

    def forward(self, rows):
        return self.layers(rows)
"""
TRAININGS = {
    "xgboost": "  estimator: {_target_: xgboost.XGBClassifier, n_estimators: 200}\n",
    "lightgbm": "  estimator: {_target_: lightgbm.LGBMClassifier, n_estimators: 200}\n",
    "torch": "  estimator: {_target_: mlspec.runtime.networks.TabularMLP, hidden: [16]}\n  fit: {epochs: 20}\n",
    "own": "  framework: torch\n  estimator: {_target_: nets.net.Net, width: 8}\n  fit: {epochs: 20}\n",
}


@pytest.mark.parametrize(
    "name", ["xgboost", "lightgbm", pytest.param("torch", marks=needs_torch), pytest.param("own", marks=needs_torch)]
)
def test_the_unit_trains_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/net.py").write_text(NET)
    (tmp_path / "orders.yaml").write_text(SPEC + TRAININGS[name])
    for path, content in unit_files(training_unit(load_spec(tmp_path / "orders.yaml"))).items():
        (tmp_path / "code" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "code" / path).write_bytes(content)
    base = job_folder(tmp_path / "base", orders())
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path / "code", env={**os.environ, "SAGEMAKER_BASE_DIR": str(base)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    evaluation, description = read_json(base / "model/evaluation.json"), read_json(base / "model/model.json")
    assert evaluation["metrics"]["challenger"]["roc_auc"] > 0.7
    assert evaluation["parity"]["max_difference"] <= 1e-5
    framework = {"own": "torch", "xgboost": "xgboost-cpu"}.get(name, name)
    assert framework in description["versions"]


def fitted(target: str, framework: Any, **given: Any) -> tuple[Any, np.ndarray]:
    """A model that may stop early, and all rows."""
    matrix, label = feature_matrix(TABLE, CONTRACT.features), target_vector(TABLE, CONTRACT)
    parts = given.pop("parts", Parts(np.arange(800), np.arange(800, 1000), np.arange(1000, 1200)))
    flipped = given.pop("flipped", None)
    if flipped is not None:
        label[flipped] = 1 - label[flipped]
    told: TrainingSettings = replace(SETTINGS, estimator=target, framework=framework, arguments={}, **given)
    return fit_model(told, matrix, label, parts=parts), matrix


@pytest.mark.parametrize(
    ("target", "framework", "count"),
    [
        ("xgboost.XGBClassifier", "xgboost", lambda model: model.best_iteration),
        ("lightgbm.LGBMClassifier", "lightgbm", lambda model: model.best_iteration_),
    ],
)
def test_boosting_stops_on_the_validation_rows_alone(target: str, framework: str, count: Any) -> None:
    model, matrix = fitted(target, framework)
    assert 0 < count(model) < 99
    other, _ = fitted(target, framework, flipped=np.arange(1000, 1200))
    assert np.array_equal(model.predict_proba(matrix), other.predict_proba(matrix))
    confused, _ = fitted(target, framework, flipped=np.arange(800, 1000))
    assert count(confused) < count(model)


def test_when_boosting_stops() -> None:
    boosted = replace(SETTINGS, estimator="xgboost.XGBClassifier", framework="xgboost", arguments={})
    assert stopping_rounds(boosted, validation=True) == PATIENCE
    assert stopping_rounds(boosted, validation=False) is None
    assert stopping_rounds(replace(boosted, estimator="xgboost.XGBRFClassifier"), validation=True) is None
    off = replace(boosted, arguments={"early_stopping_rounds": None})
    assert stopping_rounds(off, validation=True) is None
    on = replace(boosted, arguments={"early_stopping_round": 3})
    assert stopping_rounds(on, validation=True) == 3
    with pytest.raises(ContractBroken, match=r"data\.split\.validation"):
        stopping_rounds(on, validation=False)


@needs_torch
def test_a_network_is_the_same_twice_and_stops_on_the_validation_rows() -> None:
    target = "mlspec.runtime.networks.TabularMLP"
    fit = Fit(epochs=30, patience=3, learning_rate=0.002)
    one, matrix = fitted(target, "torch", fit=fit)
    other, _ = fitted(target, "torch", fit=fit, flipped=np.arange(1000, 1200))
    assert np.array_equal(one.predict_proba(matrix), other.predict_proba(matrix))
    assert export_model(one, CONTRACT).onnx == export_model(other, CONTRACT).onnx
    confused, _ = fitted(target, "torch", fit=fit, flipped=np.arange(800, 1000))
    assert not np.array_equal(one.predict_proba(matrix), confused.predict_proba(matrix))


@needs_torch
def test_a_network_takes_null_unknown_and_endless_numbers() -> None:
    model, _ = fitted("mlspec.runtime.networks.TabularMLP", "torch", fit=Fit(epochs=2))
    rows = np.array([[np.nan] * 4, [3e38, -3e38, 0, 7], [0, 0, 0, -1]], np.float32)
    answers = model.predict_proba(rows)
    assert np.isfinite(answers).all()
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(export_model(model, CONTRACT).predict(rows), answers, atol=1e-6)


def test_what_a_job_writes_names_its_framework(tmp_path: Path) -> None:
    from mlspec.runtime.training_job import run

    base = job_folder(tmp_path, orders())
    told = replace(SETTINGS, estimator="lightgbm.LGBMClassifier", framework="lightgbm", arguments={"n_estimators": 5})
    assert run(told, base) == 0
    assert "lightgbm" in json.loads((base / "model/model.json").read_text())["versions"]
