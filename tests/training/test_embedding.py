"""A network whose embedding is served: judged by its predictions, released with both, equal to what torch has there."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from mlspec.runtime.contract import Contract
from mlspec.runtime.engines import DamagedRelease, open_engine
from mlspec.runtime.export import ParityBroken, check_parity, export_model
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.profiles import bin_edges
from mlspec.runtime.splits import split_rows
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_job import run
from mlspec.runtime.training_settings import Fit, TrainingSettings
from mlspec.specs.embeddings import HIDDEN, embedding_width
from tests.training.tables import CONTRACT, SETTINGS, job_folder, orders, read_json, regression, several

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed: make torch")
TARGET = "mlspec.runtime.networks.TabularMLP"
NEAR = 0.01  # two graphs of one network round otherwise, and two rows may change their places
TABLE = orders(1500).with_columns(cost=np.arange(1500.0), grams=np.arange(1500)[::-1] * 7)
NETWORK: TrainingSettings = replace(
    SETTINGS, estimator=TARGET, framework="torch", arguments={"hidden": [16, 6]}, fit=Fit(epochs=4), answer="embedding"
)
PREDICTING = replace(NETWORK, answer="prediction")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The models of two finished jobs: of the embedding, and the same network answering its prediction."""
    made: dict[str, Path] = {}
    for settings in (NETWORK, PREDICTING):
        base = job_folder(tmp_path_factory.mktemp(settings.answer), TABLE)
        assert run(settings, base) == 0
        made[settings.answer] = base / "model"
    return made


def _fitted(settings: TrainingSettings) -> tuple[Any, np.ndarray]:
    matrix = feature_matrix(TABLE, settings.contract.features)
    parts = split_rows(TABLE.height, settings.split, seed=7, times=TABLE["at"].dt.epoch("us").to_numpy())
    return fit_model(settings, matrix, target_vector(TABLE, settings.contract), parts=parts), matrix


def test_the_answer_is_the_last_hidden_layer_as_torch_gives_it(jobs: dict[str, Path]) -> None:
    """Seen by a hook on the layer's own activation, not by the code that is exported."""
    import torch

    fitted, matrix = _fitted(NETWORK)
    seen: list[Any] = []
    layers = fitted.answering.scored.module.layers
    hook = layers[-3].register_forward_hook(lambda layer, taken, given: seen.append(given.clone()))
    with torch.inference_mode():
        fitted.answering(torch.from_numpy(matrix))
    hook.remove()
    assert isinstance(layers[-3], torch.nn.ReLU)
    description = read_json(jobs["embedding"] / "model.json")
    served = np.array(open_engine("onnx", jobs["embedding"], description).predict(matrix.tobytes()))
    assert served.shape == (1500, 6)
    assert served.std() > 0.1
    assert served == pytest.approx(seen[0].numpy(), rel=1e-5, abs=1e-5)


def test_the_release_has_the_prediction_and_then_the_embedding(jobs: dict[str, Path]) -> None:
    graph = onnx.load(str(jobs["embedding"] / "model.onnx")).graph
    assert [output.name for output in graph.output] == ["probabilities", "embedding"]
    described = read_json(jobs["embedding"] / "model.json")
    assert (described["output"], described["width"], described["task"]) == ("embedding", 6, "binary")
    assert described["classes"] == [False, True]
    assert not (jobs["embedding"] / "compiled_model.py").exists()
    with pytest.raises(DamagedRelease, match="answers one row with 6 numbers"):
        open_engine("onnx", jobs["embedding"], {**described, "width": 5})


def test_what_is_judged_is_the_prediction(jobs: dict[str, Path]) -> None:
    """The same network is as good whatever it answers with."""
    told = {name: read_json(folder / "evaluation.json") for name, folder in jobs.items()}
    metrics = {name: dict(one["metrics"]["challenger"]) for name, one in told.items()}
    assert all(one.pop("latency_p99") > 0 for one in metrics.values())
    assert metrics["embedding"] == pytest.approx(metrics["prediction"], abs=NEAR)
    segments = [one["segments"]["shop"]["north"]["challenger"]["roc_auc"] for one in told.values()]
    assert segments[0] == pytest.approx(segments[1], abs=NEAR)
    importance = [read_json(folder / "model.json")["importance"] for folder in jobs.values()]
    assert importance[0] == pytest.approx(importance[1], abs=NEAR)
    assert told["embedding"]["engines"]["chosen"] == "onnx"
    assert "an embedding" in told["embedding"]["engines"]["why"]


def test_the_profile_is_of_the_vectors_length(jobs: dict[str, Path]) -> None:
    model = OnnxModel((jobs["embedding"] / "model.onnx").read_bytes(), CONTRACT.features, CONTRACT.classes, (), 6)
    parts = split_rows(TABLE.height, NETWORK.split, seed=7, times=TABLE["at"].dt.epoch("us").to_numpy())
    vectors = model.embeddings(feature_matrix(TABLE[parts.train], CONTRACT.features))
    prediction = read_json(jobs["embedding"] / "profile.json")["prediction"]
    assert prediction["watched"] == "length"
    assert prediction["edges"] == pytest.approx(bin_edges(np.sqrt((vectors.astype(float) ** 2).sum(axis=1))), rel=1e-5)
    assert (sum(prediction["counts"]), prediction["nulls"]) == (len(parts.train), 0)
    assert "watched" not in read_json(jobs["prediction"] / "profile.json")["prediction"]


@pytest.mark.parametrize("champion", ["embedding", "prediction"])
def test_a_champion_is_compared_by_its_prediction(jobs: dict[str, Path], tmp_path: Path, champion: str) -> None:
    base = job_folder(tmp_path, TABLE, champion=jobs[champion])
    assert run(NETWORK, base) == 0, (base / "output/failure").read_text()
    evaluation = read_json(base / "model/evaluation.json")
    metrics = evaluation["metrics"]
    assert metrics["champion"]["roc_auc"] == pytest.approx(metrics["challenger"]["roc_auc"], abs=NEAR)
    assert evaluation["differences"]["roc_auc"]["lower"]["0.95"] == pytest.approx(0, abs=NEAR)


@pytest.mark.parametrize(
    ("contract", "outputs"),
    [(regression, ["value", "embedding"]), (several, ["values", "embedding"])],
    ids=["number", "several"],
)
def test_numbers_are_learned_as_well(contract: Callable[[], Contract], outputs: list[str], tmp_path: Path) -> None:
    base = job_folder(tmp_path, TABLE)
    assert run(replace(NETWORK, contract=contract(), versus=(), segments=()), base) == 0
    described = read_json(base / "model/model.json")
    assert [output.name for output in onnx.load(str(base / "model/model.onnx")).graph.output] == outputs
    assert described["output"] == "embedding"
    rows = feature_matrix(TABLE[:3], CONTRACT.features)
    assert np.shape(open_engine("onnx", base / "model", described).predict(rows.tobytes())) == (3, 6)
    again = job_folder(tmp_path / "again", TABLE, champion=base / "model")
    assert run(replace(NETWORK, contract=contract(), versus=(("rmse", ()),), segments=()), again) == 0
    assert read_json(again / "model/evaluation.json")["differences"]["rmse"]


def test_an_embedding_that_is_not_torchs_is_not_released() -> None:
    import torch

    fitted, matrix = _fitted(NETWORK)
    exported = export_model(fitted, CONTRACT)
    parity = check_parity(fitted, exported, matrix[-200:], contract=CONTRACT, scale=1.0)
    assert 0 <= parity.max_difference <= 1e-5
    module = fitted.answering.scored.module
    with torch.no_grad():  # units in another order: predictions stay as they are, to the last sums
        module.layers[-4].weight.copy_(module.layers[-4].weight.flip(0))
        module.layers[-4].bias.copy_(module.layers[-4].bias.flip(0))
        module.layers[-1].weight.copy_(module.layers[-1].weight.flip(1))
    assert np.allclose(fitted.predict_proba(matrix), exported.predict(matrix), atol=1e-6)
    with pytest.raises(ParityBroken, match="differs from the estimator"):
        check_parity(fitted, exported, matrix[-200:], contract=CONTRACT, scale=1.0)


def test_the_spec_knows_the_networks_own_width() -> None:
    from mlspec.runtime.networks import TabularMLP

    assert signature(TabularMLP).parameters["hidden"].default == HIDDEN
    assert embedding_width({"_target_": TARGET}) == HIDDEN[-1]
    assert embedding_width({"_target_": TARGET, "hidden": (16, 6)}) == 6
    assert embedding_width({"_target_": "nets.net.Net", "hidden": (16, 6)}) == 0
    for wrong in ((), (16, 0), (16, "6"), (16, True), 16, None):
        assert embedding_width({"_target_": TARGET, "hidden": wrong}) == 0
