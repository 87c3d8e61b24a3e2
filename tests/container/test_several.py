"""A model of several labels, from its spec to what a server and a function answer: the same, by every way in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.engines import open_engine
from mlspec.runtime.monitor_rules import Watch, judge
from mlspec.runtime.serving import Service
from mlspec.runtime.windows import read_lines
from tests.container.conftest import Example, Running
from tests.container.records import good_records
from tests.container.rows import write_rows
from tests.serving.conftest import load_module, write_files

OUTPUTS = ["hours", "cents"]


@pytest.fixture
def parcels(running: Callable[[str], Running]) -> Running:
    return running("several")


@pytest.fixture
def example(example_of: Callable[[str], Example]) -> Example:
    return example_of("several")


@pytest.fixture(params=["onnx", "compiled"])
def service(request: pytest.FixtureRequest, example: Example, tmp_path: Path) -> Service:
    """The function's handler, with the release that the job made, on either engine."""
    write_files(tmp_path / "code", unit_files(inference_unit(example.checked)))
    files = {path.name: path.read_bytes() for path in example.model.iterdir() if path.is_file()}
    write_files(tmp_path / "model", {**files, "release.json": json.dumps({"engine": {"name": request.param}}).encode()})
    return Service(load_module(tmp_path / "code" / "contract.py"), tmp_path / "model", {})


def _predictions(records: list[dict[str, Any]], served: Running) -> list[dict[str, Any]]:
    with served.client() as client:
        reply = client.predict({"records": records})
    assert reply.status == 200, reply.body
    found: list[dict[str, Any]] = reply.json["predictions"]
    return found


def test_a_server_answers_each_label_by_its_name(parcels: Running) -> None:
    records = good_records(parcels.example.checked, 20)
    for prediction in _predictions(records, parcels):
        assert list(prediction) == ["values"]
        assert list(prediction["values"]) == OUTPUTS
        assert prediction["values"]["cents"] != prediction["values"]["hours"]


def test_a_function_answers_as_the_server_does(parcels: Running, service: Service) -> None:
    records = good_records(parcels.example.checked, 20)
    answer = service({"requestContext": {}, "body": json.dumps({"records": records})}, None)
    assert answer["statusCode"] == 200, answer["body"]
    told = [list(one["values"].values()) for one in json.loads(answer["body"])["predictions"]]
    served = [list(one["values"].values()) for one in _predictions(records, parcels)]
    assert np.asarray(told) == pytest.approx(np.asarray(served), rel=1e-5)


def test_each_label_is_an_output_of_open_inference(parcels: Running) -> None:
    records = good_records(parcels.example.checked, 3)
    types = {"weight": "FP64", "zone": "BYTES", "fragile": "BOOL"}
    inputs = [
        {"name": name, "datatype": kind, "shape": [3], "data": [record[name] for record in records]}
        for name, kind in types.items()
    ]
    with parcels.client() as client:
        described = json.loads(client.ask("GET", "/v2/models/parcels").body)
        body = json.dumps({"inputs": inputs, "outputs": [{"name": "cents"}]}).encode()
        reply = client.ask("POST", "/v2/models/parcels/infer", body, content_type="application/json")
    assert [output["name"] for output in described["outputs"]] == OUTPUTS
    (cents,) = json.loads(reply.body)["outputs"]
    expected = [one["values"]["cents"] for one in _predictions(records, parcels)]
    assert (cents["name"], cents["datatype"], cents["shape"]) == ("cents", "FP32", [3])
    assert cents["data"] == pytest.approx(expected, rel=1e-6)


def test_good_rows_are_answered_beside_bad_ones(parcels: Running) -> None:
    record = good_records(parcels.example.checked)[0]
    with parcels.client() as client:
        reply = client.predict({"records": [record, {**record, "weight": -1.0}], "partial": True})
    good, bad = reply.json["predictions"]
    assert list(good["values"]) == OUTPUTS
    assert bad is None
    assert reply.json["problems"][0]["column"] == "weight"


def test_explanations_are_refused_by_name(parcels: Running) -> None:
    record = good_records(parcels.example.checked)[0]
    with parcels.client() as client:
        reply = client.predict({"records": [record], "explain": True})
    assert reply.status == 400
    assert "gives no explanations" in reply.json["problems"][0]["reason"]


def test_the_training_rows_are_counted_as_the_profile_counted_them(
    service: Service, example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows are drawn again as they were for the release; each output is counted on bins of its own."""
    rows = pl.read_parquet(write_rows(example.checked, tmp_path / "rows") / "rows.parquet").head(2000)
    records = json.loads(rows.select("weight", "zone", "fragile").write_json())
    capsys.readouterr()
    assert service({"requestContext": {}, "body": json.dumps({"records": records})}, None)["statusCode"] == 200
    service.telemetry.flush()

    profile: dict[str, Any] = json.loads((example.model / "profile.json").read_text())
    release = json.loads((example.model / "model.json").read_text())["release"]
    lines = read_lines(capsys.readouterr().out.splitlines(), release=release, profile=profile["digest"])
    watch = Watch(signal="prediction_drift", method="js", window=10**15, min_rows=2000)
    finding = judge(watch, lines, profile, now=max(line.end for line in lines))
    assert list(finding.drift) == OUTPUTS
    assert finding.largest is not None
    assert finding.largest < 0.1
    assert all(sum(counts) == 2000 for line in lines for counts in line.predictions.values())


def test_a_release_of_fewer_outputs_than_it_says_is_not_served(example: Example) -> None:
    described = json.loads((example.model / "model.json").read_text())
    with pytest.raises(Exception, match="answers one row with 2 numbers"):
        open_engine("onnx", example.model, {**described, "outputs": ["hours"]})
