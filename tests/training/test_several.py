"""Several labels: one job learns them all, judges each and their mean, and hands over one model with named outputs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from mlspec.compiler.units.training import training_unit
from mlspec.runtime.engines import open_engine
from mlspec.runtime.gates import Gate, judge
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.splits import split_rows
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_job import run
from mlspec.runtime.training_settings import Part, Split, TrainingSettings
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.models import Gate as SpecGate
from tests.training.tables import SETTINGS, job_folder, orders, read_json, several

SPEC = Path(__file__).parents[1] / "golden/several/spec.yaml"
CONTRACT = several()
RANDOM = np.random.default_rng(5)
TABLE = orders().with_columns(
    cost=20 + 3 * pl.col("count") + RANDOM.normal(0, 2, 3000),
    grams=5000 + 400 * pl.col("paid").cast(int) + pl.Series(RANDOM.integers(-90, 90, 3000)),
)
FOREST: TrainingSettings = replace(
    SETTINGS,
    contract=CONTRACT,
    estimator="sklearn.ensemble.RandomForestRegressor",
    arguments={"n_estimators": 20, "max_depth": 6},
    versus=(("rmse", ()), ("mae of cost", (0.95,))),
)
TEST_ROWS = TABLE[2500:]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished job's model."""
    base = job_folder(tmp_path_factory.mktemp("several"), TABLE)
    assert run(FOREST, base) == 0
    return base / "model"


def _answers(folder: Path) -> np.ndarray:
    model = OnnxModel((folder / "model.onnx").read_bytes(), CONTRACT.features, (), CONTRACT.outputs)
    return model.predict(feature_matrix(TEST_ROWS, CONTRACT.features))


def test_the_outputs_are_named_in_the_order_of_the_contract(first: Path) -> None:
    description = read_json(first / "model.json")
    assert (description["task"], description["classes"]) == ("regression", [])
    assert (description["output"], description["outputs"]) == ("values", ["cost", "grams"])
    assert _answers(first).shape == (500, 2)


def test_each_output_is_judged_and_so_is_the_mean(first: Path) -> None:
    told = read_json(first / "evaluation.json")["metrics"]["challenger"]
    truth = TEST_ROWS.select(CONTRACT.outputs).to_numpy().astype(float)
    predicted = _answers(first)
    for name, peer in (("rmse", root_mean_squared_error), ("mae", mean_absolute_error), ("r2", r2_score)):
        each = [peer(truth[:, at], predicted[:, at]) for at in range(2)]
        assert [told[f"{name} of cost"], told[f"{name} of grams"]] == pytest.approx(each, rel=1e-6)
        assert told[name] == pytest.approx(np.mean(each), rel=1e-6)


def test_gates_of_the_spec_ask_for_what_is_measured(first: Path) -> None:
    told = read_json(first / "evaluation.json")["metrics"]["challenger"]
    gates = (SpecGate(metric="rmse", output="cost", max=1.0), SpecGate(metric="r2", min=0.1))
    assert {gate.measured for gate in gates} <= set(told)


def test_segments_are_judged_by_output_too(first: Path) -> None:
    north = read_json(first / "evaluation.json")["segments"]["shop"]["north"]
    rows = TEST_ROWS.with_row_index().filter(pl.col("shop") == "north")
    predicted = _answers(first)[rows["index"].to_numpy(), 1]
    assert north["challenger"]["mae of grams"] == pytest.approx(mean_absolute_error(rows["grams"], predicted), rel=1e-6)


def test_both_engines_answer_every_output(first: Path) -> None:
    description = read_json(first / "model.json")
    rows = feature_matrix(TEST_ROWS, CONTRACT.features)
    for name in ("onnx", "compiled"):
        scores = open_engine(name, first, description).predict(rows.tobytes())
        assert np.asarray(scores) == pytest.approx(_answers(first), rel=1e-5)


def test_features_count_by_each_output_in_its_own_spread(first: Path) -> None:
    """`paid` tells grams alone, whose numbers are a hundred times those of cost: neither hides the other."""
    importance = read_json(first / "model.json")["importance"]
    assert set(list(importance)[:2]) == {"count", "paid"}
    assert min(importance["count"], importance["paid"]) > 0.2


def test_each_output_has_its_own_reference_of_drift(first: Path) -> None:
    outputs = read_json(first / "profile.json")["prediction"]["outputs"]
    assert list(outputs) == ["cost", "grams"]
    assert [sum(output["counts"]) for output in outputs.values()] == [2500, 2500]
    assert outputs["cost"]["edges"][-1] < 100 < outputs["grams"]["edges"][0]


def test_a_champion_is_compared_by_output(first: Path, tmp_path: Path) -> None:
    base = job_folder(tmp_path, TABLE, champion=first)
    assert run(replace(FOREST, arguments={"n_estimators": 5, "max_depth": 1}), base) == 0
    evaluation = read_json(base / "model/evaluation.json")
    assert set(evaluation["differences"]) == {"rmse", "mae of cost"}
    assert evaluation["differences"]["mae of cost"]["lower"]["0.95"] < 0
    gates = (
        Gate("mae of cost", tolerance=0.1, confidence=0.95),
        Gate("rmse", tolerance=0.1),
        Gate("rmse of cost", maximum=1e6),
    )
    judged = judge(evaluation, gates, champion="r1")
    assert [one.passed for one in judged] == [False, False, True]
    assert judged[1].reason.startswith("rmse is ")
    assert judged[2].gate == "rmse of cost at most 1e+06"


def test_a_champion_of_other_outputs_cannot_be_compared(first: Path, tmp_path: Path) -> None:
    contract = replace(CONTRACT, columns=(*CONTRACT.columns[:-2], *CONTRACT.columns[:-3:-1]))
    base = job_folder(tmp_path, TABLE, champion=first)
    assert run(replace(FOREST, contract=contract, versus=()), base) == 1
    assert (base / "output/failure").read_text() == (
        "the champion r1 answers another question: regression of cost, grams, not regression of grams, cost"
    )


def test_a_feature_that_tells_one_of_the_labels_leaks(tmp_path: Path) -> None:
    base = job_folder(tmp_path, TABLE.with_columns(size=pl.col("cost") / 10))
    assert run(replace(FOREST, contract=replace(CONTRACT, leakage=True)), base) == 1
    text = (base / "output/failure").read_text()
    assert "size leakage" in text
    assert "count leakage" not in text


SPLIT = Split("random", test=Part(share=0.2), validation=Part(share=0.2))


@pytest.mark.parametrize(
    ("estimator", "arguments", "trees"),
    [
        ("sklearn.ensemble.HistGradientBoostingRegressor", {"max_iter": 400}, lambda m: m.n_iter_),
        ("xgboost.XGBRegressor", {"n_estimators": 400}, lambda m: m.best_iteration),
        ("lightgbm.LGBMRegressor", {"n_estimators": 400}, lambda m: m.best_iteration_),
    ],
)
def test_boosting_stops_for_each_output_by_itself(estimator: str, arguments: dict[str, Any], trees: Any) -> None:
    framework: Any = estimator.partition(".")[0]
    settings = replace(FOREST, estimator=estimator, arguments=arguments, framework=framework, split=SPLIT)
    parts = split_rows(TABLE.height, SPLIT, seed=7, times=None)
    matrix, target = feature_matrix(TABLE, CONTRACT.features), target_vector(TABLE, CONTRACT)
    model = fit_model(settings, matrix, target, parts=parts)
    stopped = [trees(one) for one in getattr(model, "models", None) or model.estimators_]
    assert len(set(stopped)) == 2
    assert max(stopped) < 400


def test_what_trees_of_several_labels_cannot_keep_is_refused_at_its_line() -> None:
    checked = load_spec(SPEC, overrides=("+training.estimator.monotonic_cst=[1,0,0]",))
    with pytest.raises(SpecError) as refused:
        training_unit(checked)
    (problem,) = refused.value.diagnostics
    assert (problem.code, problem.path) == ("ML440", "training.estimator.monotonic_cst")
