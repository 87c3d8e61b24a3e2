"""A release that explains: written by the training job, answered beside predictions, refused where there is none."""

import hashlib
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.units.training import training_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.explainer import FILE, Explainer
from mlspec.runtime.http_head import Head, Route
from mlspec.runtime.http_model import Model
from mlspec.runtime.serving import Service
from mlspec.runtime.serving_release import NoRelease, load_release
from mlspec.runtime.training_job import run
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.targets.local.release import LocalTraining, local_release
from tests.container.rows import AFTER, write_rows
from tests.serving.conftest import load_module, write_files
from tests.training.tables import COLUMN_LINES, SETTINGS, job_folder, orders, read_json

SPEC = f"""\
apiVersion: mlspec/v1
name: orders
owner: team@example.com
data:
  source: {{uri: "s3://lake/orders/"}}
  columns:
{COLUMN_LINES}training:
  estimator: {{_target_: ESTIMATOR}}
serving: {{explain: shap}}
"""
ROWS: list[dict[str, Any]] = [
    {"size": 1.5, "count": 3, "paid": True, "shop": "east"},
    {"size": None, "count": 9, "paid": False, "shop": "nowhere"},
]
Serve = Callable[..., Service]
PARCELS = Path(__file__).parents[1] / "golden/several/spec.yaml"


def checked(folder: Path, estimator: str) -> Checked:
    (folder / "orders.yaml").write_text(SPEC.replace("ESTIMATOR", estimator))
    return load_spec(folder / "orders.yaml")


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """The service of a release that the job made."""

    def make(estimator: str, framework: Any, *, explain: bool = True, engine: str = "onnx") -> Service:
        base = job_folder(tmp_path / "job", orders())
        told = replace(SETTINGS, estimator=estimator, arguments={}, framework=framework, explain=explain)
        assert run(told, base) == 0, (base / "output/failure").read_text()
        (base / "model/release.json").write_text(json.dumps({"engine": {"name": engine, "why": "asked"}}))
        write_files(tmp_path / "code", unit_files(inference_unit(checked(tmp_path, estimator))))
        return Service(load_module(tmp_path / "code/contract.py"), base / "model", {})

    return make


@pytest.mark.parametrize("engine", ["onnx", "compiled"])
@pytest.mark.parametrize(
    ("estimator", "framework"),
    [("xgboost.XGBClassifier", "xgboost"), ("sklearn.linear_model.LogisticRegression", "sklearn")],
)
def test_each_prediction_is_explained(serve: Serve, estimator: str, framework: str, engine: str) -> None:
    service = serve(estimator, framework, engine=engine)
    answer = service({"records": ROWS, "explain": True}, None)
    for prediction in answer["predictions"]:
        explanation = prediction["explanation"]
        assert explanation["space"] == "log-odds"
        assert list(explanation["values"]) == ["size", "count", "paid", "shop"]
        total = explanation["base"] + sum(explanation["values"].values())
        assert 1 / (1 + math.exp(-total)) == pytest.approx(prediction["probability"], abs=1e-4)
    plain = service({"records": ROWS}, None)["predictions"]
    assert [one["probability"] for one in plain] == [one["probability"] for one in answer["predictions"]]
    assert all("explanation" not in one for one in plain)


def test_partial_results_are_explained_in_their_places(serve: Serve) -> None:
    service = serve("xgboost.XGBClassifier", "xgboost")
    bad = {**ROWS[0], "count": 99}
    answer = service({"records": [bad, ROWS[0]], "explain": True, "partial": True}, None)
    assert answer["predictions"][0] is None
    assert set(answer["predictions"][1]["explanation"]["values"]) == {"size", "count", "paid", "shop"}


def test_what_would_take_many_seconds_is_refused(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve("lightgbm.LGBMClassifier", "lightgbm")
    folder = tmp_path / "job/model"
    explainer = Explainer(str(folder), read_json(folder / "model.json"))
    with_numpy = explainer.most_rows(10.0)
    monkeypatch.setitem(sys.modules, "mlspec.runtime.explainer_batches", None)
    most = explainer.most_rows(10.0)  # a third of serving.timeout, which is 30 s here
    assert 1000 <= most < min(10_000, with_numpy)
    body = json.dumps({"records": ROWS[:1] * (most + 1), "explain": True})
    reply = service({"requestContext": {}, "body": body}, None)
    assert reply["statusCode"] == 413
    assert f"at most {most} are explained" in reply["body"]


@pytest.mark.parametrize(("environ", "share"), [
    ({}, 1.0),
    ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3538"}, 1.0),
    ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "442"}, 442 / 1769),
])  # fmt: skip
def test_how_much_is_explained_follows_the_time_limit(
    serve: Serve, tmp_path: Path, environ: dict[str, str], share: float
) -> None:
    """A third of serving.timeout, on the share of a processor that a function of so much memory has."""
    before = serve("lightgbm.LGBMClassifier", "lightgbm")
    quick = load_spec(tmp_path / "orders.yaml", overrides=("serving.timeout=3s",))
    write_files(tmp_path / "quick", unit_files(inference_unit(quick)))
    folder = tmp_path / "job/model"
    service = Service(load_module(tmp_path / "quick/contract.py"), folder, environ)
    explainer = Explainer(str(folder), read_json(folder / "model.json"))
    most = explainer.most_rows(share)
    assert most < explainer.most_rows(10.0)
    event = {"requestContext": {}, "body": json.dumps({"records": ROWS[:1] * (most + 1), "explain": True})}
    assert f"at most {most} are explained" in service(event, None)["body"]
    assert before(event, None)["statusCode"] == 200


@pytest.mark.parametrize("numpy", [True, False])
def test_a_thousand_rows_are_explained(serve: Serve, numpy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve("xgboost.XGBClassifier", "xgboost", engine="compiled")
    if not numpy:
        monkeypatch.setitem(sys.modules, "mlspec.runtime.explainer_batches", None)
    answer = service({"records": ROWS * 500, "explain": True}, None)
    assert len(answer["predictions"]) == 1000
    for prediction in answer["predictions"]:
        total = prediction["explanation"]["base"] + sum(prediction["explanation"]["values"].values())
        assert 1 / (1 + math.exp(-total)) == pytest.approx(prediction["probability"], abs=1e-4)


def test_a_server_explains_by_the_release_that_it_has(serve: Serve, tmp_path: Path) -> None:
    """Its folder may hold another one at any time, also one that cannot be loaded."""
    serve("lightgbm.LGBMClassifier", "lightgbm")
    contract, folder = load_module(tmp_path / "code/contract.py"), tmp_path / "job/model"
    model = Model(contract, load_release(folder, contract, memory=0, server=True), lambda kind, text: text)
    (folder / FILE).write_text("{}")

    head = Head(Route("invocations", "mlspec"), b"", 0, keep_alive=True, content_type="application/json", plain=True)
    body = json.dumps({"records": ROWS, "explain": True}).encode()
    (outcome,), _ = model.answer([(head, body, None, 0.0)])

    assert outcome.status == 200, outcome.body
    with pytest.raises(NoRelease):
        load_release(folder, contract, memory=0, server=True)


def test_a_model_without_explanations_says_so(serve: Serve) -> None:
    service = serve("sklearn.linear_model.LogisticRegression", "sklearn", explain=False)
    body = json.dumps({"records": ROWS[:1], "explain": True})
    reply = service({"requestContext": {}, "body": body}, None)
    assert reply["statusCode"] == 400
    assert "no explanations" in json.loads(reply["body"])["problems"][0]["reason"]


def test_the_description_holds_the_explainer_to_its_digest(serve: Serve, tmp_path: Path) -> None:
    service = serve("sklearn.linear_model.LogisticRegression", "sklearn")
    folder = tmp_path / "job/model"
    described: dict[str, Any] = read_json(folder / "model.json")
    assert described["explainer_sha256"] == hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    (folder / FILE).write_bytes((folder / FILE).read_bytes().replace(b"linear", b"Linear"))
    body = json.dumps({"records": ROWS, "explain": True})
    assert service({"requestContext": {}, "body": body}, None)["statusCode"] == 500


@pytest.mark.parametrize("estimator", ["sklearn.ensemble.RandomForestRegressor", "lightgbm.LGBMRegressor"])
def test_each_of_several_labels_is_explained(tmp_path: Path, estimator: str) -> None:
    overrides = ("serving.explain=shap", f"training.estimator._target_={estimator}")
    spec = load_spec(PARCELS, overrides=overrides)
    rows = write_rows(spec, tmp_path / "rows", rows=2000)
    model = local_release(LocalTraining(spec, tmp_path, tmp_path / "home", rows, AFTER))
    write_files(tmp_path / "code", unit_files(inference_unit(spec)))
    service = Service(load_module(tmp_path / "code/contract.py"), model, {})
    records = [{"weight": 3.5, "zone": "city", "fragile": False}, {"weight": 50.0, "zone": "island", "fragile": True}]
    for prediction in service({"records": records, "explain": True}, None)["predictions"]:
        assert prediction["explanation"]["space"] == "value"
        for name, added in prediction["explanation"]["outputs"].items():
            assert list(added["values"]) == ["weight", "zone", "fragile"]
            answer = prediction["values"][name]
            assert added["base"] + sum(added["values"].values()) == pytest.approx(answer, rel=1e-4)
    inputs = [
        {"name": "weight", "datatype": "FP64", "shape": [1], "data": [3.5]},
        {"name": "zone", "datatype": "BYTES", "shape": [1], "data": ["city"]},
        {"name": "fragile", "datatype": "BOOL", "shape": [1], "data": [False]},
    ]
    told = service({"inputs": inputs, "parameters": {"explain": True}}, None)
    shapes = {output["name"]: (output["shape"], len(output["data"])) for output in told["outputs"]}
    assert shapes["explanation_base"] == ([1, 2], 2)
    assert shapes["explanation_values"] == ([1, 2, 3], 6)


def test_a_model_that_cannot_be_explained_is_refused_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        training_unit(checked(tmp_path, "sklearn.svm.SVC"))
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.path) == ("ML442", "serving.explain")
    settings = training_unit(checked(tmp_path, "sklearn.tree.DecisionTreeClassifier")).files["settings.py"]
    assert b"explain=True," in settings
