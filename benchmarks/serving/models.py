"""The models that all servers answer with, trained by mlspec's own training job, and mlspec's server around each."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from onnxruntime import InferenceSession
from sklearn.datasets import load_breast_cancer

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.training import training_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec
from mlspec.targets.local.container import container_folder
from mlspec.targets.packaging import cache_folder

ESTIMATORS = {
    "trees": "{_target_: sklearn.ensemble.GradientBoostingClassifier, n_estimators: 100, max_depth: 3}",
    "net": "{_target_: sklearn.neural_network.MLPClassifier, hidden_layer_sizes: [1024, 1024], max_iter: 20}",
}
ENGINES = {"trees": ("onnx", "compiled"), "net": ("onnx",)}
FEATURES = [f"f{number:02}" for number in range(30)]
_AS_CONVERTED = """\
import runpy
import mlspec.runtime.export as export
export.with_one_score = lambda graph: None
runpy.run_path("main.py", run_name="__main__")
"""
_SPEC = """\
apiVersion: mlspec/v1
name: {name}
owner: bench@example.com
data:
  source: {{uri: "s3://lake/{name}/"}}
  columns:
{columns}
    benign: {{type: bool, role: label}}
  split: {{by: random, test: 20%}}
training:
  estimator: {estimator}
serving: {{max_rows: 1000}}
"""


@dataclass(frozen=True)
class Model:
    """`spec` checked; `code` the container unit's folder; `releases` by engine; `converted` what the converter for the
    estimator makes of it: the peers load that."""

    checked: Checked
    code: Path
    releases: dict[str, Path]
    converted: Path

    @property
    def onnx(self) -> Path:
        """What mlspec makes of what is converted: where there are trees of two classes, they add up one score."""
        return self.releases["onnx"] / "model.onnx"


def model(name: str) -> Model:
    """The model, trained unless what it is made from has not changed since."""
    home = cache_folder() / "benchmarks" / "serving" / name
    home.mkdir(parents=True, exist_ok=True)
    checked = _spec(home, name)
    trained, converted = _trained(home, training_unit(checked))
    releases = {engine: _release(trained, engine) for engine in ENGINES[name]}
    return Model(checked, container_folder(checked, home), releases, converted)


def _spec(home: Path, name: str) -> Checked:
    columns = "\n".join(f"    {feature}: {{type: float, min: -10000, max: 10000}}" for feature in FEATURES)
    path = home / f"{name}.yaml"
    path.write_text(_SPEC.format(name=name, columns=columns, estimator=ESTIMATORS[name]))
    return load_spec(path)


def _trained(home: Path, unit: Unit) -> tuple[Path, Path]:
    """What the job made, and the model as it is once converted."""
    digest = hashlib.sha256(repr(sorted(unit_files(unit).items())).encode()).hexdigest()[:16]
    folder = home / f"job-{digest}"
    converted = folder / "converted.onnx"
    if not converted.exists():
        for stale in home.glob("job-*"):
            shutil.rmtree(stale)
        _write(folder / "code", unit)
        _lay_out(folder)
        _run(folder, "-c", _AS_CONVERTED)
        (folder / "model").rename(folder / "as-converted")
        _run(folder, "main.py")
        _check_equal(*(folder / made / "model.onnx" for made in ("model", "as-converted")))
        shutil.copy(folder / "as-converted" / "model.onnx", converted)
    return folder / "model", converted


def _run(folder: Path, *program: str) -> None:
    subprocess.run([sys.executable, *program], cwd=folder / "code", env={"SAGEMAKER_BASE_DIR": str(folder)}, check=True)


def _check_equal(released: Path, converted: Path) -> None:
    rows = load_breast_cancer().data.astype(np.float32)
    answers = [InferenceSession(path).run(["probabilities"], {"X": rows})[0] for path in (released, converted)]
    np.testing.assert_allclose(*answers, atol=1e-6)


def _lay_out(folder: Path) -> None:
    """A SageMaker container's input."""
    rows, labels = load_breast_cancer(return_X_y=True)
    table = pl.DataFrame(rows, schema=FEATURES).with_columns(pl.Series("benign", labels.astype(bool)))
    (folder / "input/data/data").mkdir(parents=True)
    table.write_parquet(folder / "input/data/data/rows.parquet")
    told = {"release": "20260101000000-benchmark", "now": "2026-01-01T00:00:00+00:00", "champion": ""}
    (folder / "input/config").mkdir()
    (folder / "input/config/hyperparameters.json").write_text(json.dumps(told))


def _release(trained: Path, engine: str) -> Path:
    """Made once: a server may be looking at it."""
    folder = trained.with_name(f"release-{engine}")
    if not folder.exists():
        shutil.copytree(trained, fresh := trained.with_name("fresh"))
        (fresh / "release.json").write_text(json.dumps({"engine": {"name": engine, "why": "the benchmark's choice"}}))
        fresh.rename(folder)
    return folder


def _write(folder: Path, unit: Unit) -> None:
    for path, content in unit_files(unit).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
