"""The Open Inference Protocol, version 2:
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md"""

import json
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mlspec.runtime.binary_tensors import values_of
from tests.container.conftest import Example, Running
from tests.container.http_client import Client, Reply
from tests.container.records import good_records

ABOUT = "/v2/models/flight-delay"


@pytest.fixture(scope="module", params=["onnx", "compiled"])
def of_engine(
    example_of: Callable[[str], Example], tmp_path_factory: pytest.TempPathFactory, request: Any
) -> Iterator[Running]:
    """A server whose release is answered by the one engine, and by the other: only one of them brings NumPy."""
    example = example_of("flight-delay")
    model = shutil.copytree(example.model, tmp_path_factory.mktemp(request.param) / "model")
    (model / "release.json").write_text(json.dumps({"engine": {"name": request.param, "why": "a test's choice"}}))
    with example.served(model=model) as running:
        yield running


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


def _matrix(running: Running, records: list[dict[str, Any]]) -> bytes:
    """The records in the layout of training: a category is its index."""
    columns = running.example.checked.spec.features
    return b"".join(
        struct.pack("<f", columns[name].values.index(value) if columns[name].type == "category" else value)
        for record in records
        for name, value in record.items()
    )


def _asked(count: int, width: int, *, size: int | None = None, **more: Any) -> bytes:
    told = {"binary_data_size": 4 * count * width if size is None else size}
    tensor = {"name": "X", "shape": [count, width], "datatype": "FP32", "parameters": told}
    return json.dumps({"inputs": [tensor], **more}).encode()


def _infer(client: Client, json_part: bytes, values: bytes, length: int | None = None) -> Reply:
    told = str(len(json_part) if length is None else length)
    headers = {"content_type": "application/octet-stream", "inference_header_content_length": told}
    return client.ask("POST", f"{ABOUT}/infer", json_part + values, **headers)


def _said(reply: Reply) -> dict[str, list[Any]]:
    """The outputs by name, from the JSON and from what follows it."""
    length = int(reply.headers.get("inference-header-content-length", len(reply.body)))
    start, found = length, {}
    for output in json.loads(reply.body[:length])["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size", 0)
        found[output["name"]] = (
            values_of(output["datatype"], reply.body[start : start + size]) if size else output["data"]
        )
        start += size
    assert start == len(reply.body)
    return found


def test_tensors_as_they_are_in_memory_say_what_records_say(of_engine: Running) -> None:
    records = good_records(of_engine.example.checked, 100)
    width = len(records[0])
    with of_engine.client() as client:
        predictions = client.predict({"records": records}).json["predictions"]
        expected = {name: [one[name] for one in predictions] for name in ("probability", "label")}
        for some in (slice(0, 64), slice(36, 100), slice(5, 6)):  # the same JSON twice, and another
            values = _matrix(of_engine, records[some])
            count = len(records[some])
            in_json = _infer(client, _asked(count, width), values)
            both_ways = _infer(client, _asked(count, width, parameters={"binary_data_output": True}), values)
            wanted = [{"name": "label"}, {"name": "probability", "parameters": {"binary_data": True}}]
            one = _infer(client, _asked(count, width, outputs=wanted), values)

            assert in_json.headers["content-type"] == "application/json"
            assert both_ways.headers["content-type"] == one.headers["content-type"] == "application/octet-stream"
            for reply in (in_json, both_ways, one):
                assert reply.status == 200
                assert _said(reply)["label"] == expected["label"][some]
                assert _said(reply)["probability"] == pytest.approx(expected["probability"][some], rel=1e-6)


def test_requests_that_come_together_get_their_own_answers(of_engine: Running) -> None:
    """Matrices of one lot are checked and predicted together; a bad one among them is refused alone."""
    records = good_records(of_engine.example.checked, 12)
    width, values = len(records[0]), [_matrix(of_engine, [record]) for record in records]
    bad = struct.pack("<f", 1e30) * width
    with of_engine.client() as client:
        probabilities = [one["probability"] for one in client.predict({"records": records}).json["predictions"]]
    asked = _asked(1, width)
    head = (
        f"POST {ABOUT}/infer HTTP/1.1\r\nhost: test\r\ncontent-type: application/octet-stream\r\n"
        f"inference-header-content-length: {len(asked)}\r\ncontent-length: {len(asked) + 4 * width}\r\n\r\n"
    ).encode()
    for refused in (None, 5):
        with ExitStack() as stack:
            clients = [stack.enter_context(of_engine.client()) for _ in records]
            for at, client in enumerate(clients):
                client.send(head + asked + (bad if at == refused else values[at]))
            replies = [client.reply() for client in clients]

        assert [reply.status for reply in replies] == [400 if at == refused else 200 for at in range(len(records))]
        for at, reply in enumerate(replies):
            if at != refused:
                assert _said(reply)["probability"] == [probabilities[at]]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"size": 3}, "the tensors say they have 3 bytes"),
        ({"size": -1}, "binary_data_size is a whole number"),
        ({"size": True}, "binary_data_size is a whole number"),
        ({"count": 2}, "the tensors say they have"),
        ({"width": 3}, "the tensors say they have"),
        ({"parameters": {"binary_data_output": "yes"}}, "binary_data_output is true or false"),
        ({"parameters": {"explain": "yes"}}, "explain is true or false"),
        ({"outputs": [{"name": "nothing"}]}, "there is no output 'nothing'"),
    ],
)
def test_malformed_tensors_are_refused(of_engine: Running, change: dict[str, Any], error: str) -> None:
    records = good_records(of_engine.example.checked)
    told = {"count": 1, "width": len(records[0]), **change}
    with of_engine.client() as client:
        for _ in range(2):  # the second time the JSON is known
            reply = _infer(client, _asked(**told), _matrix(of_engine, records))
            assert reply.status == 400
            assert error in reply.json["error"]


@pytest.mark.parametrize("headers", [{}, {"content_type": "application/json"}])
def test_the_length_of_the_json_is_enough_to_know_tensors_by(flights: Running, headers: dict[str, str]) -> None:
    """Not every client says what kind of body it sends: https://github.com/triton-inference-server/client."""
    records = good_records(flights.example.checked)
    asked, values = _asked(1, len(records[0])), _matrix(flights, records)
    with flights.client() as client:
        told = str(len(asked))
        reply = client.ask(
            "POST", f"{ABOUT}/infer", asked + values, **{**headers, "inference_header_content_length": told}
        )
        assert (reply.status, reply.body) == (200, _infer(client, asked, values).body)


@pytest.mark.parametrize("length", [-10, 10, 10**6])
def test_a_length_of_the_json_that_is_not_its_length_is_refused(of_engine: Running, length: int) -> None:
    records = good_records(of_engine.example.checked)
    asked = _asked(1, len(records[0]))
    with of_engine.client() as client:
        reply = _infer(client, asked, _matrix(of_engine, records), len(asked) + length)
    assert reply.status == 400
    assert list(reply.json) == ["error"]
