"""What nobody should send: a clear 4xx, bounded memory, and the service stays up."""

import math
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.container.conftest import Example, Running
from tests.container.records import good_records

_GIGABYTE = 2**30
_MEBIBYTE = 2**20
_MOST_GROWTH = 512 * _MEBIBYTE  # for the largest body allowed, its text, and the values it is read into
_HEAD = b"POST /invocations HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"


@pytest.fixture(scope="module")
def attacked(example_of: Any) -> Iterator[Running]:
    """A server of its own: its memory is looked at."""
    example: Example = example_of("flight-delay")
    with example.served() as running:
        yield running


@pytest.fixture
def record(attacked: Running) -> dict[str, Any]:
    return good_records(attacked.example.checked)[0]


@pytest.fixture(autouse=True)
def _still_up(attacked: Running, record: dict[str, Any]) -> Iterator[None]:
    """After whatever it was: an answer to a good request, no failure in the log, memory within bounds."""
    with attacked.client() as client:
        assert client.predict({"records": [record]}).status == 200
    before = _memory(attacked)
    yield
    with attacked.client() as client:
        assert client.predict({"records": [record]}).status == 200
    assert _memory(attacked) - before < _MOST_GROWTH
    assert '"failure"' not in attacked.log()


def _memory(running: Running) -> int:
    """Most bytes that the worker has ever held."""
    master = running.process.pid
    (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    status = Path(f"/proc/{worker}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def test_a_declared_gigabyte_is_refused_at_its_head(attacked: Running) -> None:
    with attacked.client() as client:
        client.send(_HEAD + b"content-length: %d\r\n\r\n" % _GIGABYTE)
        assert client.reply().status == 413


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "in chunks"])
def test_a_streamed_gigabyte_is_refused_while_it_comes(attacked: Running, chunked: bool) -> None:
    part = b"x" * _MEBIBYTE
    framed = b"%x\r\n%b\r\n" % (len(part), part) if chunked else part
    length = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % _GIGABYTE
    with attacked.client() as client:
        client.send(_HEAD + length + b"\r\n\r\n")
        client.socket.settimeout(60)
        for _ in range(_GIGABYTE // len(part)):
            try:
                client.send(framed)
            except OSError:  # the server has stopped listening: it has answered long before
                break
        with client.socket.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"records":' * 200_000,
        b'{"records":[' + b'{"hour":' * 100_000,
        b'{"records":[{"hour":' + b"9" * 5_000_000 + b"}]}",
        b'{"records":[{"hour":1e999}]}',
        b"\xff\xfe{\x00",
        b'{"records":[{"carrier":"\xc3\x28"}]}',
        b'{"records":[{"carrier":"\\ud800"}]}',
        b'"just a text"',
        b"null",
        b"",
        b"\x00" * 1000,
    ],
    ids=range(12),
)
def test_what_is_no_request_is_a_400(attacked: Running, body: bytes) -> None:
    with attacked.client() as client:
        reply = client.ask("POST", "/invocations", body, content_type="application/json")
        assert reply.status == 400
        assert reply.json["problems"][0]["reason"]


@pytest.mark.parametrize("path", ["/invocations", "/v2/models/flight-delay/infer"])
@pytest.mark.parametrize("value", [math.nan, math.inf, "7", True, [], {}, 1e300, -1, 2**70, 7.5])
def test_a_wrong_value_is_named(attacked: Running, record: dict[str, Any], path: str, value: Any) -> None:
    if path == "/invocations":
        document: Any = {"records": [{**record, "hour": value}]}
    else:
        columns = {**record, "hour": value}
        document = {"inputs": [_tensor(name, value) for name, value in columns.items()]}
    with attacked.client() as client:
        reply = client.predict(document, path)
        assert reply.status == 400, reply.body
        assert b"hour" in reply.body or not math.isfinite(value)


def _tensor(name: str, value: Any) -> dict[str, Any]:
    kind = {str: "BYTES", int: "INT64"}.get(type(value), "FP64") if name != "hour" else "INT64"
    return {"name": name, "shape": [1], "datatype": kind, "data": [value]}


def test_more_rows_than_allowed_are_a_413(attacked: Running, record: dict[str, Any]) -> None:
    rows = attacked.example.checked.spec.serving.max_rows + 1
    with attacked.client() as client:
        assert client.predict({"records": [record] * rows}).status == 413
        body = b'{"records":[' + b",".join([b"{}"] * 5_000_000) + b"]}"
        assert client.ask("POST", "/invocations", body, content_type="application/json").status in (400, 413)


def test_every_field_of_many_rows_may_be_wrong(attacked: Running) -> None:
    document = {"records": [{"hour": "x", "no": 1}] * 10_000}
    with attacked.client() as client:
        reply = client.predict(document)
    assert (reply.status, len(reply.json["problems"])) == (400, 100)


@pytest.mark.parametrize(
    "tensor",
    [
        {"name": "hour", "shape": [2**62], "datatype": "INT64", "data": [1]},
        {"name": "hour", "shape": [-1], "datatype": "INT64", "data": [1]},
        {"name": "hour", "shape": [], "datatype": "INT64", "data": []},
        {"name": "X", "shape": [2**31, 12], "datatype": "FP32", "data": []},
        {"name": "X", "shape": [0, 12], "datatype": "FP32", "data": []},
        {"name": "hour", "shape": [1] * 5000, "datatype": "INT64", "data": [1]},
    ],
)
def test_shapes_that_lie_are_a_400(attacked: Running, tensor: dict[str, Any]) -> None:
    with attacked.client() as client:
        reply = client.predict({"inputs": [tensor]}, "/v2/models/flight-delay/infer")
        assert (reply.status, list(reply.json)) == (400, ["error"])


def test_lines_that_are_no_csv_are_a_400(attacked: Running) -> None:
    bodies = (
        b"",
        b"\n\n",
        b'"' * 100_000,
        b"hour\n" + b"x" * 1_000_000,
        b"a,a\n1,2\n",
        b"\xff\xff\n1\n",
        b"," * 200_000,
    )
    with attacked.client() as client:
        for body in bodies:
            assert client.ask("POST", "/invocations", body, content_type="text/csv").status == 400, body[:20]


def test_many_who_send_half_a_request_keep_nobody_out(attacked: Running, record: dict[str, Any]) -> None:
    slow = [socket.create_connection(("127.0.0.1", attacked.port)) for _ in range(300)]
    for one in slow:
        one.sendall(_HEAD + b"content-length: 100000\r\n\r\n{")
    with attacked.client() as client:
        assert client.predict({"records": [record]}).status == 200
    for one in slow:
        one.close()
