"""Inference units written to a folder the way a package holds them, with small real models."""

import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.serving import Service
from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec

SPEC = """\
apiVersion: mlspec/v1
name: rides
owner: team@example.com
data:
  source: {uri: "s3://lake/rides/"}
  columns:
    ride:    {type: string, role: id}
    at:      {type: datetime, role: time}
    note:    {role: ignore}
    hour:    {type: int, min: 0, max: 23}
    city:    {type: category, values: [oslo, rome, lima]}
    member:  {type: bool}
    km:      {type: float, min: 0, max: 100}
    temp:    {type: float, nullable: 5%}
    kind:    {type: category, values: [day, night], nullable: true}
    stops:   {type: int, nullable: true}
    LABEL
training:
  framework: sklearn
  estimator: {_target_: sklearn.ensemble.ESTIMATOR}
serving: {max_rows: 20000}
monitors:
  - {signal: data_drift, method: psi, threshold: 0.2, window: 7d, columns: top 2}
  - {signal: prediction_drift, method: js, threshold: 0.1, window: 1d}
"""
LABELS = {
    "binary": "late: {type: bool, role: label}",
    "multiclass": "late: {type: category, role: label, values: [no, bit, very]}",
    "regression": "late: {type: float, role: label}",
}
FEATURES = ("hour", "city", "member", "km", "temp", "kind", "stops")
CITIES, KINDS = ["oslo", "rome", "lima"], ["day", "night"]


@dataclass(frozen=True)
class Unit:
    """A unit's folder, its generated contract, and the rows its release was trained on."""

    folder: Path
    contract: ModuleType
    matrix: NDArray[np.float32]

    def service(self, **environ: str) -> Service:
        defaults = {"MLSPEC_ENVIRONMENT": "dev", "AWS_LAMBDA_FUNCTION_VERSION": "3"}
        return Service(self.contract, self.folder / "model", {**defaults, **environ})


def spec_text(task: str) -> str:
    estimator = "HistGradientBoostingRegressor" if task == "regression" else "HistGradientBoostingClassifier"
    return SPEC.replace("LABEL", LABELS[task]).replace("ESTIMATOR", estimator)


@pytest.fixture(scope="session")
def check_spec(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Checked]:
    """The checked spec of a text."""

    def check(text: str) -> Checked:
        path = tmp_path_factory.mktemp("spec") / "rides.yaml"
        path.write_text(text)
        return load_spec(path)

    return check


@pytest.fixture(scope="session")
def make_unit(tmp_path_factory: pytest.TempPathFactory, check_spec: Callable[[str], Checked]) -> Callable[[str], Unit]:
    """The unit of a task, with a release trained for it."""

    def make(task: str) -> Unit:
        folder = tmp_path_factory.mktemp(task)
        write_files(folder, unit_files(inference_unit(check_spec(spec_text(task)))))
        matrix = training_matrix()
        write_release(folder / "model", task, matrix)
        return Unit(folder, load_module(folder / "contract.py"), matrix)

    return make


@pytest.fixture(scope="session")
def unit(make_unit: Callable[[str], Unit]) -> Unit:
    """The binary task's unit, which most tests need."""
    return make_unit("binary")


@pytest.fixture
def service(unit: Unit) -> Service:
    """A service that has counted nothing yet."""
    return unit.service()


@pytest.fixture(scope="session")
def good_row() -> dict[str, Any]:
    """A record that keeps the contract."""
    return {"hour": 7, "city": "rome", "member": True, "km": 3.5, "temp": None, "kind": "night", "stops": 2}


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"contract_{path.parent.name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def training_matrix(rows: int = 10_000) -> NDArray[np.float32]:
    r = np.random.default_rng(5)
    columns = [
        r.integers(0, 24, rows),
        r.integers(0, 3, rows),
        r.integers(0, 2, rows),
        r.uniform(0, 100, rows),
        np.where(r.random(rows) < 0.1, np.nan, r.normal(15, 8, rows)),
        np.where(r.random(rows) < 0.1, np.nan, r.integers(0, 2, rows)),
        np.where(r.random(rows) < 0.1, np.nan, r.integers(0, 9, rows)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def write_release(folder: Path, task: str, matrix: NDArray[np.float32]) -> None:
    """A release as the workflow lays it beside the handler."""
    folder.mkdir()
    score = matrix[:, 0] / 24 + matrix[:, 3] / 100 + (matrix[:, 1] == 2)
    onnx = _train(task, matrix, score)
    values = {"city": CITIES, "kind": KINDS}
    model = {
        "format": 1,
        "release": "20260101000000-abcdef01",
        "task": task,
        "features": [{"name": name, "type": "any", "values": values.get(name, [])} for name in FEATURES],
        "classes": {"binary": [False, True], "multiclass": ["no", "bit", "very"], "regression": []}[task],
        "output": "value" if task == "regression" else "probability",
        "onnx_sha256": hashlib.sha256(onnx).hexdigest(),
    }
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "model.json").write_text(json.dumps(model))
    (folder / "profile.json").write_text(json.dumps(_profile(values)))


def _train(task: str, matrix: NDArray[np.float32], score: NDArray[Any]) -> bytes:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    target = {"binary": score > 1.2, "multiclass": np.digitize(score, [0.8, 1.5]), "regression": score}[task]
    model = kind(max_iter=10, early_stopping=False, random_state=0).fit(matrix, target)
    options = {} if task == "regression" else {id(model): {"zipmap": False}}
    types = [("X", FloatTensorType([None, matrix.shape[1]]))]
    return to_onnx(model, initial_types=types, options=options).SerializeToString()  # type: ignore[no-any-return]


def _profile(values: Mapping[str, list[str]]) -> dict[str, Any]:
    def column(name: str) -> dict[str, Any]:
        if name in values:
            return {"kind": "category", "values": values[name], "counts": [10] * (len(values[name]) + 1), "nulls": 0}
        return {"kind": "numeric", "edges": [0.1, 0.7, 5.0, 20.0], "counts": [10] * 5, "nulls": 1}

    return {
        "format": 1,
        "digest": "0123456789ab",
        "rows": 40,
        "columns": {name: column(name) for name in FEATURES},
        "prediction": {"kind": "numeric", "edges": [0.2, 0.5], "counts": [10] * 3, "nulls": 0},
        "importance": ["km", "hour", "city"],
    }


@pytest.fixture
def lines_of(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was written to the log since the last call, line by line."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
