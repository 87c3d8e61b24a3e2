"""A model that answers with an embedding, from its spec to what a server, a function and a file of rows get."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.answers import NotFinite
from mlspec.runtime.engines import open_engine
from mlspec.runtime.monitor_rules import Watch, judge
from mlspec.runtime.payload import Decoded
from mlspec.runtime.replies import encode_reply, replying
from mlspec.runtime.serving import Service
from mlspec.runtime.windows import read_lines
from tests.container.conftest import EMBEDDING, Example, Running
from tests.container.records import good_records
from tests.container.rows import write_rows
from tests.serving.conftest import load_module, write_files

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed: make torch")
WIDTH = 8


@pytest.fixture
def listings(running: Callable[[str], Running]) -> Running:
    return running("embedding")


@pytest.fixture
def example(example_of: Callable[[str], Example]) -> Example:
    return example_of("embedding")


@pytest.fixture
def service(example: Example, tmp_path: Path) -> Service:
    """The function's handler, with the release that the job made."""
    write_files(tmp_path / "code", unit_files(inference_unit(example.checked)))
    return Service(load_module(tmp_path / "code" / "contract.py"), example.model, {})


def _asked(service: Service, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = service({"requestContext": {}, "body": json.dumps({"records": records})}, None)
    assert answer["statusCode"] == 200, answer["body"]
    found: list[dict[str, Any]] = json.loads(answer["body"])["predictions"]
    return found


def test_a_server_and_a_function_answer_the_same_vectors(listings: Running, service: Service) -> None:
    records = good_records(listings.example.checked, 20)
    with listings.client() as client:
        served = client.predict({"records": records}).json["predictions"]
    told = _asked(service, records)
    assert all(list(one) == ["embedding"] and len(one["embedding"]) == WIDTH for one in served)
    vectors = np.array([one["embedding"] for one in served])
    assert len(np.unique(vectors, axis=0)) > 10, "rows lie in places of their own"
    assert np.array([one["embedding"] for one in told]) == pytest.approx(vectors, rel=1e-5, abs=1e-6)


def test_answers_are_what_is_described(listings: Running) -> None:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    record = good_records(listings.example.checked)[0]
    document = json.loads((listings.example.unit / "openapi.json").read_text())
    judge_of = Draft202012Validator(
        {**document["components"]["schemas"]["Prediction"], "components": document["components"]}
    )
    with listings.client() as client:
        reply = client.predict({"records": [record, {**record, "area": -1.0}], "partial": True})
        explained = client.predict({"records": [record], "explain": True})
    good, bad = reply.json["predictions"]
    assert judge_of.is_valid(good)
    assert not judge_of.is_valid({"embedding": good["embedding"][1:]})
    assert (bad, reply.json["problems"][0]["column"]) == (None, "area")
    assert explained.status == 400


INFER = "/v2/models/listings/infer"
ROWS: list[dict[str, Any]] = [
    {"area": 50.0, "rooms": 2, "kind": "flat", "garden": True},
    {"area": 120.0, "rooms": None, "kind": "studio", "garden": False},
    {"area": 31.0, "rooms": 1, "kind": "house", "garden": False},
]
MATRIX = np.array([[50, 2, 0, 1], [120, np.nan, 2, 0], [31, 1, 1, 0]], np.float32)


def _expected(example: Example) -> np.ndarray:
    return np.array(open_engine("onnx", example.model, _described(example)).predict(MATRIX.tobytes()))


def test_an_embedding_is_one_output_of_open_inference(listings: Running) -> None:
    kinds = {"area": "FP64", "rooms": "INT64", "kind": "BYTES", "garden": "BOOL"}
    inputs = [
        {"name": name, "datatype": kind, "shape": [3], "data": [row[name] for row in ROWS]}
        for name, kind in kinds.items()
    ]
    with listings.client() as client:
        described = json.loads(client.ask("GET", "/v2/models/listings").body)["outputs"]
        reply = client.ask("POST", INFER, json.dumps({"inputs": inputs}).encode(), content_type="application/json")
    assert described == [{"name": "embedding", "datatype": "FP32", "shape": [-1, WIDTH]}]
    (output,) = json.loads(reply.body)["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("embedding", "FP32", [3, WIDTH])
    assert np.reshape(output["data"], (3, WIDTH)) == pytest.approx(_expected(listings.example), rel=1e-5, abs=1e-6)


def test_vectors_follow_the_json_of_a_matrix_as_they_are_in_memory(listings: Running) -> None:
    """Twice: the second time the reply's JSON is known."""
    tensor = {"name": "X", "datatype": "FP32", "shape": [3, 4], "parameters": {"binary_data_size": MATRIX.nbytes}}
    sent = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    told = {"content_type": "application/octet-stream", "inference_header_content_length": str(len(sent))}
    for _ in range(2):
        with listings.client() as client:
            reply = client.ask("POST", INFER, sent + MATRIX.tobytes(), **told)
        assert reply.status == 200, reply.body
        length = int(reply.headers["inference-header-content-length"])
        (output,) = json.loads(reply.body[:length])["outputs"]
        assert (output["name"], output["shape"]) == ("embedding", [3, WIDTH])
        vectors = np.frombuffer(reply.body[length:], np.float32).reshape(3, WIDTH)
        assert vectors == pytest.approx(_expected(listings.example), rel=1e-5, abs=1e-6)


def test_the_training_rows_are_counted_by_length_as_the_profile_counted_them(
    service: Service, example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pl.read_parquet(write_rows(example.checked, tmp_path / "rows") / "rows.parquet").head(2000)
    records = json.loads(rows.select("area", "rooms", "kind", "garden").write_json())
    capsys.readouterr()
    vectors = [one["embedding"] for one in _asked(service, records)]
    service.telemetry.flush()

    profile: dict[str, Any] = json.loads((example.model / "profile.json").read_text())
    release = _described(example)["release"]
    lines = read_lines(capsys.readouterr().out.splitlines(), release=release, profile=profile["digest"])
    watch = Watch(signal="prediction_drift", method="js", window=10**15, min_rows=2000)
    finding = judge(watch, lines, profile, now=max(line.end for line in lines))
    assert profile["prediction"]["watched"] == "length"
    assert finding.largest is not None
    assert finding.largest < 0.1
    lengths = np.linalg.norm(np.array(vectors), axis=1).astype(np.float32)
    edges = np.array(profile["prediction"]["edges"], np.float32)
    counted = np.bincount(np.searchsorted(edges, lengths, side="right"), minlength=len(edges) + 1)
    told = np.sum([counts for line in lines for counts in line.predictions.values()], axis=0)
    assert np.abs(told - counted).sum() <= 4, "but for lengths that are rounded at an edge"


def test_a_file_of_rows_gets_its_vectors(listings: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = pl.DataFrame(good_records(listings.example.checked, 5))
    asked.write_parquet(tmp_path / "asked.parquet")
    command = ["predict", str(EMBEDDING), "--url", f"{listings.server.url}/invocations"]
    for ending in ("parquet", "csv"):
        out = tmp_path / f"told.{ending}"
        assert invoke([*command, "--file", str(tmp_path / "asked.parquet"), "--out", str(out)]) == Exit.DONE
    told = pl.read_parquet(tmp_path / "told.parquet")["embedding"].to_list()
    assert [len(vector) for vector in told] == [WIDTH] * 5
    assert [json.loads(text) for text in pl.read_csv(tmp_path / "told.csv")["embedding"]] == told
    capsys.readouterr()
    assert invoke([*command, "--file", str(tmp_path / "asked.parquet")]) == Exit.DONE
    assert f"({WIDTH} numbers)" in capsys.readouterr().out


def test_a_release_of_another_width_than_it_says_is_not_served(example: Example) -> None:
    with pytest.raises(Exception, match=f"answers one row with {WIDTH} numbers"):
        open_engine("onnx", example.model, {**_described(example), "width": WIDTH + 1})


@pytest.mark.parametrize("protocol", ["mlspec", "v2"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_no_answer(example: Example, protocol: Any, number: float) -> None:
    release = replying(load_module(example.unit / "contract.py"), _described(example), "1")
    with pytest.raises(NotFinite):
        encode_reply(release, Decoded(b"", 2, protocol=protocol), [[0.5] * WIDTH, [number, *[0.5] * (WIDTH - 1)]])


def _described(example: Example) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((example.model / "model.json").read_text())
    return found
