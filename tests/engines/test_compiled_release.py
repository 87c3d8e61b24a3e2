"""A release that is plain Python: it needs no NumPy at any point, answers as ONNX Runtime does, and knows its file."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlspec.compiler.units.inference_compiled import inference_compiled_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.compiled_source import compiled_source
from mlspec.runtime.engines import DamagedRelease, open_engine
from mlspec.runtime.packages import bytecode_of
from mlspec.specs.load import load_spec
from tests.engines.models import COLUMNS, hard_rows, matrix, trained

BOOSTED = {
    "binary": "sklearn.ensemble.HistGradientBoostingClassifier",
    "multiclass": "xgboost.XGBClassifier",
    "regression": "sklearn.linear_model.Ridge",
}
LABELS = {"binary": "{type: bool, role: label}", "regression": "{type: float, role: label}"}
LABELS["multiclass"] = "{type: category, role: label, values: [no, bit, very]}"
SPEC = """\
apiVersion: mlspec/v1
name: rides
owner: team@example.com
data:
  source: {{uri: "s3://lake/rides/"}}
  columns:
    size:  {{type: float, nullable: true}}
    rate:  {{type: float, min: 0, max: 9}}
    count: {{type: int, min: 0, max: 5}}
    paid:  {{type: bool}}
    shop:  {{type: category, values: [north, east, south], nullable: true}}
    kind:  {{type: category, values: [a, b, c, d]}}
    late:  {label}
training:
  estimator: {{_target_: {target}}}
"""
# What Lambda does with the unit, where NumPy and ONNX Runtime cannot be imported: requests of each kind, good and bad,
# enough of them for the log lines.
CALLS = """
import json, sys
for name in ("numpy", "onnxruntime"):
    sys.modules[name] = None
import handler
events = json.loads(sys.stdin.read())
answers = [handler.handler(event, None) for event in events]
loaded = sorted(name for name, module in sys.modules.items() if getattr(module, "__spec__", None) is not None)
print(json.dumps({"answers": answers, "modules": loaded}))
"""


def write_model(folder: Path, task: str) -> dict[str, Any]:
    """A release's model as both engines want it; its description."""
    model = trained(BOOSTED[task], task)
    source = compiled_source(model.onnx, several=model.several).encode()
    named = [{"name": c.name, "type": c.type, **({"values": c.values} if c.values else {})} for c in COLUMNS]
    description = {
        "format": 1,
        "release": "20260101000000-abcdef01",
        "task": task,
        "features": named,
        "classes": list(model.contract.classes),
        "output": "probability" if model.contract.classes else "value",
        "onnx_sha256": hashlib.sha256(model.onnx).hexdigest(),
        "compiled_sha256": hashlib.sha256(source).hexdigest(),
    }
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.onnx)
    (folder / "compiled_model.py").write_bytes(source)
    (folder / "model.json").write_text(json.dumps(description))
    return description


def write_unit(folder: Path, task: str) -> None:
    """The unit as the rollout ships it with a compiled release, .pyc included."""
    folder.mkdir()
    (folder / "rides.yaml").write_text(SPEC.format(label=LABELS[task], target=BOOSTED[task]))
    for path, content in unit_files(inference_compiled_unit(load_spec(folder / "rides.yaml"))).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    write_model(folder / "model", task)
    (folder / "model" / "model.onnx").unlink()
    for name, content in bytecode_of({"compiled_model.py": (folder / "model/compiled_model.py").read_bytes()}).items():
        (folder / "model" / name).parent.mkdir()
        (folder / "model" / name).write_bytes(content)
    columns = {
        c.name: {"kind": "category", "values": c.values} if c.values else {"kind": "numeric", "edges": [0.5, 2.0]}
        for c in COLUMNS
    }
    profile = {"digest": "0123456789ab", "columns": columns, "prediction": {"kind": "numeric", "edges": [0.2, 0.5]}}
    (folder / "model" / "profile.json").write_text(json.dumps(profile))
    record = {"release": "20260101000000-abcdef01", "engine": {"name": "compiled", "why": "quicker"}}
    (folder / "model" / "release.json").write_text(json.dumps(record))


def record_of(row: Any) -> dict[str, Any]:
    size, rate, count, paid, shop, kind = row.tolist()
    return {
        "size": None if np.isnan(size) else size,
        "rate": rate,
        "count": int(count),
        "paid": bool(paid),
        "shop": None if np.isnan(shop) else COLUMNS[4].values[int(shop)],
        "kind": COLUMNS[5].values[int(kind)],
    }


@pytest.mark.parametrize("task", BOOSTED)
def test_a_function_without_numpy_answers_what_was_trained_and_counts(tmp_path: Path, task: str) -> None:
    write_unit(tmp_path / "unit", task)
    rows = matrix(300, seed=4)
    records = [record_of(row) for row in rows]
    unseen = {**records[0], "shop": "west"}
    bodies = [{"records": records}, {"records": [unseen]}, {"records": [{**records[0], "rate": 99}]}]
    events = [{"requestContext": {}, "body": json.dumps(body)} for body in bodies]

    done = subprocess.run(
        [sys.executable, "-c", CALLS],
        cwd=tmp_path / "unit",
        input=json.dumps(events),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tmp_path / "unit"), "MLSPEC_ENVIRONMENT": "dev"},
    )

    *logged, said = [json.loads(line) for line in done.stdout.splitlines()]
    good, other, bad = said["answers"]
    assert (good["statusCode"], other["statusCode"], bad["statusCode"]) == (200, 200, 400)
    key = {"binary": "probability", "multiclass": "probabilities", "regression": "value"}[task]
    told = [prediction[key] for prediction in json.loads(good["body"])["predictions"]]
    answers = np.array([list(one.values()) if isinstance(one, dict) else one for one in told])
    assert np.abs(answers - trained(BOOSTED[task], task).expected(rows)).max() <= 1e-5
    assert not {"numpy", "onnxruntime"} & {name.partition(".")[0] for name in said["modules"]}
    assert {"mlspec.runtime.compiled_engine", "msgspec.json"} <= set(said["modules"])
    assert not {"msgspec.inspect", "msgspec.yaml"} & set(said["modules"])
    (histogram,) = [line for line in logged if line.get("mlspec") == "histogram"]
    assert histogram["rows"] == 300
    assert sum(histogram["columns"]["rate"]["counts"]) == 300
    assert histogram["columns"]["size"]["nulls"] == int(np.isnan(rows[:, 0]).sum())
    assert sum(histogram["prediction"]["counts"]) == 300


@pytest.mark.parametrize("task", BOOSTED)
def test_both_engines_give_the_same_scores_in_the_same_form(tmp_path: Path, task: str) -> None:
    description = write_model(tmp_path / "model", task)
    rows = hard_rows(task, 500)[:-24]
    unseen = np.where(np.isnan(rows) & (np.arange(6) >= 4), np.float32(np.inf), rows)

    answers = {
        name: [open_engine(name, tmp_path / "model", description).predict(sent.tobytes()) for sent in (rows, unseen)]
        for name in ("onnx", "compiled")
    }

    several = task == "multiclass"
    for scores in (scores for both in answers.values() for scores in both):
        assert isinstance(scores, list)
        assert {type(score) for score in scores} == {list if several else float}
    assert np.isinf(unseen).any()
    assert answers["compiled"][0] == answers["compiled"][1]
    assert answers["onnx"][0] == answers["onnx"][1]
    assert np.abs(np.array(answers["compiled"][0]) - np.array(answers["onnx"][0])).max() <= 1e-5


def test_another_file_is_no_engine(tmp_path: Path) -> None:
    description = write_model(tmp_path / "model", "binary")
    (tmp_path / "model/compiled_model.py").write_text("raise SystemExit('it ran')\n")

    with pytest.raises(DamagedRelease, match=r"compiled_model\.py is not the model that model\.json describes"):
        open_engine("compiled", tmp_path / "model", description)


def test_a_model_of_another_shape_is_no_engine(tmp_path: Path) -> None:
    description = write_model(tmp_path / "model", "multiclass")

    with pytest.raises(DamagedRelease, match="answers one row with 3 numbers"):
        open_engine("compiled", tmp_path / "model", {**description, "task": "binary"})


def test_bytecode_is_what_runs_where_it_is(tmp_path: Path) -> None:
    """A start reads the .pyc, and no source: compiling it takes a hundred times as long."""
    description = write_model(tmp_path / "model", "binary")
    other = b"def predict(rows):\n    return [0.25 for row in rows]\n"
    ((name, content),) = bytecode_of({"compiled_model.py": other}).items()
    (tmp_path / "model" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "model" / name).write_bytes(content)

    assert open_engine("compiled", tmp_path / "model", description).predict(bytes(24)) == [0.25]

    shutil.rmtree(tmp_path / "model" / "__pycache__")
    assert open_engine("compiled", tmp_path / "model", description).predict(bytes(24)) != [0.25]
