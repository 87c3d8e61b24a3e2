"""The Open Inference Protocol, version 2:
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md"""

from typing import Any

import pytest

from tests.container.conftest import Running
from tests.container.records import good_records

ABOUT = "/v2/models/flight-delay"


def _tensors(running: Running, count: int = 3) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Records, and the same as one input a column, with the datatypes that the metadata tells."""
    records = good_records(running.example.checked, count)
    with running.client() as client:
        inputs = client.ask("GET", ABOUT).json["inputs"]
    data = {one["name"]: [record[one["name"]] for record in records] for one in inputs}
    return records, [
        {"name": one["name"], "datatype": one["datatype"], "shape": [count], "data": data[one["name"]]}
        for one in inputs
    ]


def test_the_server_and_the_model_tell_of_themselves(flights: Running) -> None:
    with flights.client() as client:
        assert client.ask("GET", "/v2").json.keys() >= {"name", "version", "extensions"}
        assert client.ask("GET", "/v2/health/live").status == 200
        assert client.ask("GET", "/v2/health/ready").status == 200
        assert client.ask("GET", f"{ABOUT}/ready").status == 200
        model = client.ask("GET", ABOUT).json
    assert (model["name"], len(model["versions"])) == ("flight-delay", 1)
    assert [one["name"] for one in model["inputs"]] == list(flights.example.checked.spec.features)
    assert all(one["shape"] == [-1] for one in model["inputs"])


def test_an_inference_says_what_an_invocation_says(flights: Running) -> None:
    records, inputs = _tensors(flights)
    with flights.client() as client:
        inference = client.predict({"id": "a1", "inputs": inputs}, f"{ABOUT}/infer").json
        invocation = client.predict({"records": records}).json
    assert (inference["model_name"], inference["id"]) == ("flight-delay", "a1")
    (probability,) = [one["data"] for one in inference["outputs"] if one["name"] == "probability"]
    assert probability == [one["probability"] for one in invocation["predictions"]]


def test_the_outputs_are_those_of_the_metadata(flights: Running) -> None:
    _, inputs = _tensors(flights)
    with flights.client() as client:
        told = client.ask("GET", ABOUT).json["outputs"]
        outputs = client.predict({"inputs": inputs}, f"{ABOUT}/infer").json["outputs"]
    assert [(one["name"], one["datatype"]) for one in outputs] == [(one["name"], one["datatype"]) for one in told]
    assert all(one["shape"][0] == 3 for one in outputs)


@pytest.mark.parametrize("body", [{}, {"inputs": []}, {"inputs": [{"name": "hour"}]}, [], "x"])
def test_an_error_is_one_text(flights: Running, body: Any) -> None:
    with flights.client() as client:
        reply = client.predict(body, f"{ABOUT}/infer")
    assert reply.status == 400
    assert list(reply.json) == ["error"]
    assert isinstance(reply.json["error"], str)


def test_another_model_is_not_found(flights: Running) -> None:
    with flights.client() as client:
        assert client.ask("GET", "/v2/models/other").status == 404
        assert client.predict({"inputs": []}, "/v2/models/other/infer").status == 404
