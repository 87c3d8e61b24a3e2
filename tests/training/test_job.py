"""The whole job in a SageMaker folder: what it writes with and without a champion, and how it fails."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import roc_auc_score

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.matrix import feature_matrix
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.training_job import run
from mlspec.runtime.training_settings import Part, Split, TrainingSettings
from tests.training.tables import COLUMNS, CONTRACT, SETTINGS, job_folder, orders, read_json

FILES = ["compiled_model.py", "evaluation.json", "model.json", "model.onnx", "profile.json"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished job without a champion."""
    base = job_folder(tmp_path_factory.mktemp("first"), orders())
    assert run(replace(SETTINGS, contract=replace(CONTRACT, leakage=True)), base) == 0
    return base


def test_the_first_model_is_described_and_evaluated(first: Path) -> None:
    folder = first / "model"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    evaluation, description = read_json(folder / "evaluation.json"), read_json(folder / "model.json")
    assert evaluation["rows"] == {"train": 2500, "validation": 0, "test": 500}
    assert evaluation["metrics"]["champion"] is None
    assert evaluation["differences"] == {}
    assert all(check["passed"] for check in evaluation["checks"])
    assert {"size leakage", "unique id", "rows"} <= {check["check"] for check in evaluation["checks"]}
    assert 0 < evaluation["metrics"]["challenger"]["latency_p99"] < 1000
    assert evaluation["parity"]["rows"] > 500
    assert evaluation["parity"]["max_difference"] <= 1e-5
    assert description["features"][3] == {"name": "shop", "type": "category", "values": ["north", "east", "south"]}
    assert (description["classes"], description["output"]) == ([False, True], "probability")
    assert description["onnx_sha256"] == hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert description["compiled_sha256"] == hashlib.sha256((folder / "compiled_model.py").read_bytes()).hexdigest()
    assert list(description["importance"]) == read_json(folder / "profile.json")["importance"]


def test_the_metrics_are_those_of_the_onnx_model_on_the_newest_rows(first: Path) -> None:
    evaluation = read_json(first / "model/evaluation.json")
    rows = orders()[2500:]
    model = OnnxModel((first / "model/model.onnx").read_bytes(), CONTRACT.features, CONTRACT.classes)
    score = model.predict(feature_matrix(rows, CONTRACT.features))[:, 1]
    assert evaluation["metrics"]["challenger"]["roc_auc"] == pytest.approx(roc_auc_score(rows["late"], score))
    for shop, segment in evaluation["segments"]["shop"].items():
        inside = (rows["shop"] == shop).to_numpy()
        expected = roc_auc_score(rows["late"].to_numpy()[inside], score[inside])
        assert segment["rows"] == inside.sum()
        assert segment["challenger"]["roc_auc"] == pytest.approx(expected)


def test_test_rows_do_not_reach_the_model(first: Path, tmp_path: Path) -> None:
    table = orders()
    flipped = table.with_columns(late=pl.when(pl.int_range(pl.len()) >= 2500).then(~pl.col("late")).otherwise("late"))
    base = job_folder(tmp_path, flipped)
    assert run(SETTINGS, base) == 0
    assert (base / "model/model.onnx").read_bytes() == (first / "model/model.onnx").read_bytes()


def test_a_champion_is_asked_about_the_same_rows_with_its_own_features(first: Path, tmp_path: Path) -> None:
    base = job_folder(tmp_path, orders(), champion=first / "model")
    fewer = replace(CONTRACT, columns=tuple(c for c in CONTRACT.columns if c.name not in ("count", "size")))
    assert run(replace(SETTINGS, contract=fewer, arguments={"max_iter": 5}), base) == 0
    evaluation = read_json(base / "model/evaluation.json")
    before = read_json(first / "model/evaluation.json")["metrics"]["challenger"]
    champion, challenger = (evaluation["metrics"][name] for name in ("champion", "challenger"))
    assert champion["roc_auc"] == pytest.approx(before["roc_auc"])
    difference = evaluation["differences"]["roc_auc"]
    assert difference["mean"] == pytest.approx(challenger["roc_auc"] - champion["roc_auc"])
    assert difference["mean"] < 0
    assert difference["lower"]["0.95"] < difference["lower"]["0.9"] < difference["mean"]
    assert evaluation["segments"]["shop"]["north"]["champion"]["roc_auc"] > 0.5


def test_a_champion_whose_column_is_gone_reads_null_and_that_is_said(first: Path, tmp_path: Path) -> None:
    base = job_folder(tmp_path, orders().drop("size"), champion=first / "model")
    fewer = replace(CONTRACT, columns=tuple(c for c in CONTRACT.columns if c.name != "size"))
    assert run(replace(SETTINGS, contract=fewer), base) == 0
    evaluation = read_json(base / "model/evaluation.json")
    assert evaluation["checks"][-1]["detail"].endswith("as null: size")
    assert evaluation["differences"]["roc_auc"]["mean"] > 0


def _fails(base: Path, settings: TrainingSettings) -> str:
    assert run(settings, base) == 1
    assert not (base / "model").exists()
    return (base / "output/failure").read_text()


def test_a_broken_contract_ends_the_job_with_one_text(tmp_path: Path) -> None:
    base = job_folder(tmp_path, orders().with_columns(pl.col("count") + 5))
    text = _fails(base, SETTINGS)
    assert text.startswith("the data break their contract: count range: ")
    assert "\n" not in text
    checks = read_json(base / "output/data/evaluation.json")["checks"]
    assert [check["check"] for check in checks if not check["passed"]] == ["count range"]


@pytest.mark.parametrize(("least", "passes"), [("500", True), ("501", False)])
def test_too_few_rows_newer_than_the_champion_s_end_the_job(tmp_path: Path, least: str, passes: bool) -> None:
    table = orders()
    since = table["at"][-501].isoformat()
    base = job_folder(tmp_path, table, min_new_rows=least, newer_than=since)
    if passes:
        assert run(SETTINGS, base) == 0
        assert read_json(base / "model/evaluation.json")["checks"][-1]["check"] == "new rows"
    else:
        assert "new rows: 500 rows are newer than" in _fails(base, SETTINGS)


def test_leakage_ends_the_job(tmp_path: Path) -> None:
    base = job_folder(tmp_path, orders().with_columns(paid=pl.col("late")))
    assert "paid leakage" in _fails(base, replace(SETTINGS, contract=replace(CONTRACT, leakage=True)))


def test_an_unforeseen_error_is_told_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    base = job_folder(tmp_path, orders(300))
    assert "max_itr" in _fails(base, replace(SETTINGS, arguments={"max_itr": 3}))
    assert "Traceback" in capfd.readouterr().err


def test_one_class_only_cannot_be_learned(tmp_path: Path) -> None:
    base = job_folder(tmp_path, orders(300).with_columns(late=pl.lit(value=True)))
    assert _fails(base, SETTINGS) == "no training row has the label False"


def test_a_champion_of_another_question_cannot_be_compared(first: Path, tmp_path: Path) -> None:
    base = job_folder(tmp_path, orders().with_columns(cost=pl.col("count").cast(float)), champion=first / "model")
    number = replace(CONTRACT, columns=(*COLUMNS, Column("cost", "float", "label")))
    settings = replace(SETTINGS, contract=number, estimator="sklearn.linear_model.Ridge", arguments={}, versus=())
    assert _fails(base, settings) == "the champion r1 answers another question: binary of False, True, not regression"


def test_a_champion_that_is_not_in_its_channel_ends_the_job(first: Path, tmp_path: Path) -> None:
    """Compared with nothing, any challenger would pass."""
    base = job_folder(tmp_path / "none", orders(300), champion=tmp_path / "empty")
    assert _fails(base, SETTINGS) == "the champion channel holds nothing, not r1"
    other = tmp_path / "other"
    shutil.copytree(first / "model", other)
    (other / "model.onnx").write_bytes(b"another model")
    base = job_folder(tmp_path / "damaged", orders(300), champion=other)
    assert _fails(base, SETTINGS) == "the champion r1 is not the model that its model.json describes"


def _unordered(frame: pl.DataFrame, label: Column) -> tuple[pl.DataFrame, Contract]:
    features = tuple(Column(name, "float") for name in frame.columns if name != label.name)
    return frame, Contract((*features, label))


def _dataset(name: str) -> tuple[pl.DataFrame, Contract]:
    bunch: Any = load_iris() if name == "iris" else load_diabetes()
    frame = pl.DataFrame(bunch.data, schema=[f"x{i}" for i in range(bunch.data.shape[1])])
    if name == "iris":
        kinds = pl.Series("kind", [str(bunch.target_names[t]) for t in bunch.target])
        return _unordered(
            frame.with_columns(kinds), Column("kind", "category", "label", values=tuple(bunch.target_names))
        )
    return _unordered(frame.with_columns(pl.Series("y", bunch.target)), Column("y", "float", "label"))


@pytest.mark.parametrize(
    ("data", "estimator", "metric", "at_least"),
    [
        ("iris", "sklearn.linear_model.LogisticRegression", "accuracy", 0.9),
        ("iris", "sklearn.ensemble.RandomForestClassifier", "roc_auc", 0.95),
        ("diabetes", "sklearn.linear_model.Ridge", "r2", 0.3),
        ("diabetes", "sklearn.ensemble.GradientBoostingRegressor", "r2", 0.2),
    ],
)
def test_scikit_learn_s_own_data_are_learned(
    tmp_path: Path, data: str, estimator: str, metric: str, at_least: float
) -> None:
    table, contract = _dataset(data)
    base = job_folder(tmp_path, table)
    settings = replace(
        SETTINGS,
        contract=contract,
        estimator=estimator,
        arguments={},
        split=Split("random", Part(0.3), Part(0.1)),
        versus=((metric, (0.95,)),),
        segments=(),
    )
    assert run(settings, base) == 0
    evaluation, profile = (read_json(base / "model" / name) for name in ("evaluation.json", "profile.json"))
    assert evaluation["metrics"]["challenger"][metric] >= at_least
    assert evaluation["window"] == {"start": None, "end": None, "test_start": None}
    assert sum(profile["prediction"]["counts"]) == evaluation["rows"]["train"]
    champion = job_folder(tmp_path / "second", table, champion=base / "model")
    assert run(settings, champion) == 0
    again = read_json(champion / "model/evaluation.json")
    assert again["differences"][metric] == {"mean": 0.0, "lower": {"0.95": 0.0}}
    assert (champion / "model/model.onnx").read_bytes() == (base / "model/model.onnx").read_bytes()


def test_the_profile_counts_the_training_rows(first: Path) -> None:
    profile = read_json(first / "model/profile.json")
    rows = orders()[:2500]
    assert profile["rows"] == 2500
    assert profile["columns"]["shop"]["counts"] == [(rows["shop"] == s).sum() for s in ("north", "east", "south")] + [0]
    for name in ("size", "count", "paid"):
        column = profile["columns"][name]
        values = rows[name].drop_nulls().cast(pl.Float32).to_numpy()
        edges = [-np.inf, *column["edges"], np.inf]
        counts = [((low <= values) & (values < high)).sum() for low, high in pairwise(edges)]
        assert column["counts"] == counts
        assert min(counts) > 0
        assert len(counts) <= 20
        assert column["nulls"] == rows[name].null_count()
    rest = {key: value for key, value in profile.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert profile["digest"] == hashlib.sha256(text.encode()).hexdigest()[:12]


def test_unknown_categories_are_counted_apart_from_nulls(tmp_path: Path) -> None:
    table = orders().with_columns(shop=pl.when(pl.int_range(pl.len()) < 7).then(pl.lit("west")).otherwise("shop"))
    base = job_folder(tmp_path, table)
    assert run(SETTINGS, base) == 0
    column = read_json(base / "model/profile.json")["columns"]["shop"]
    assert (column["counts"][-1], column["nulls"]) == (7, 0)
    checks = {check["check"]: check for check in read_json(base / "model/evaluation.json")["checks"]}
    assert checks["shop values"]["passed"]
    assert checks["shop values"]["detail"].startswith("7 of 3000 rows")


def test_the_bytes_do_not_depend_on_threads_or_hash_seeds(first: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from dataclasses import replace\n"
        "from mlspec.runtime.training_job import run\n"
        "sys.path.insert(0, sys.argv[2]); from tests.training.tables import SETTINGS\n"
        "sys.exit(run(SETTINGS, Path(sys.argv[1])))"
    )
    base = job_folder(tmp_path, orders())
    environment = {**os.environ, "PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "3"}
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", program, str(base), root], env=environment, check=True)
    for name in ("model.onnx", "profile.json"):
        assert (base / "model" / name).read_bytes() == (first / "model" / name).read_bytes()


def test_a_job_compiles_proves_and_weighs(first: Path) -> None:
    engines = read_json(first / "model/evaluation.json")["engines"]
    for name, file in (("onnx", "model.onnx"), ("compiled", "compiled_model.py")):
        assert engines[name]["bytes"] == (first / "model" / file).stat().st_size
        assert engines[name]["microseconds"] > 0
        assert engines[name]["microseconds_64"] > 0
    assert engines["compiled"]["max_difference"] <= 1e-5
    assert engines["chosen"] in ("onnx", "compiled")
    assert "us a row as plain Python" in engines["why"]


def test_a_job_that_shall_serve_onnx_compiles_nothing(tmp_path: Path) -> None:
    base = job_folder(tmp_path / "job", orders(600))
    assert run(replace(SETTINGS, engine="onnx"), base) == 0
    engines = read_json(base / "model/evaluation.json")["engines"]
    assert (engines["chosen"], engines["why"]) == ("onnx", "the spec says serving.engine: onnx")
    assert engines["compiled"] == {"refused": "the spec says serving.engine: onnx"}
    assert not (base / "model/compiled_model.py").exists()
    assert "compiled_sha256" not in read_json(base / "model/model.json")


@pytest.mark.parametrize("engine", ["auto", "compiled"])
def test_a_model_that_cannot_be_compiled_serves_with_onnx_unless_the_spec_insists(tmp_path: Path, engine: Any) -> None:
    base = job_folder(tmp_path / "job", orders(600))
    settings = replace(SETTINGS, estimator="sklearn.naive_bayes.GaussianNB", arguments={}, engine=engine)
    status = run(settings, base)
    reason = "the operator Pow is not known"
    if engine == "auto":
        engines = read_json(base / "model/evaluation.json")["engines"]
        assert (status, engines["chosen"]) == (0, "onnx")
        assert engines["why"] == f"the model cannot be plain Python: {reason}"
    else:
        assert status == 1
        told = (base / "output/failure").read_text()
        assert told == f"serving.engine is compiled, and this model cannot be: {reason}"
