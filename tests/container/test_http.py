"""HTTP/1.1 as RFC 9110 and 9112 have it, in its less travelled corners."""

import json

import pytest

from tests.container.conftest import Running
from tests.container.records import good_records


def _request(running: Running, count: int = 1, *, seed: int = 1) -> bytes:
    return json.dumps({"records": good_records(running.example.checked, count, seed=seed)}).encode()


def _post(body: bytes, *headers: str, path: str = "/invocations") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: test", "content-type: application/json", *headers]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def _chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_requests_sent_at_once_are_answered_in_their_order(flights: Running) -> None:
    bodies = [_request(flights, count) for count in (1, 3, 2)]
    with flights.client() as client:
        client.send(_post(bodies[0]) + b"GET /ping HTTP/1.1\r\nhost: t\r\n\r\n" + _post(bodies[1]) + _post(bodies[2]))
        replies = [client.reply() for _ in range(4)]
    assert [reply.status for reply in replies] == [200] * 4
    assert [len(reply.json.get("predictions", [])) for reply in replies] == [1, 0, 3, 2]


def test_many_requests_at_once_are_all_answered(flights: Running) -> None:
    with flights.client() as client:
        client.send(b"GET /ping HTTP/1.1\r\nhost: t\r\n\r\n" * 3000 + _post(_request(flights)))
        assert {client.reply().status for _ in range(3000)} == {200}
        assert client.reply().json["predictions"]


def test_a_request_may_come_byte_by_byte(flights: Running) -> None:
    message = _post(_request(flights))
    with flights.client() as client:
        for at in range(len(message)):
            client.send(message[at : at + 1])
        assert client.reply().status == 200
        client.send(message)
        assert client.reply().status == 200


def test_a_body_may_come_in_chunks(flights: Running) -> None:
    body = _request(flights)
    head = (
        b"POST /invocations HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    with flights.client() as client:
        for _ in range(2):
            client.send(head + _chunked(body[:10], body[10:50], body[50:]))
            assert client.reply().status == 200


def test_chunks_that_end_too_soon_are_no_request(flights: Running) -> None:
    head = b"POST /invocations HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n"
    with flights.client() as client:
        client.send(_post(_request(flights)) + head + b"100\r\n{")
        client.socket.shutdown(1)
        assert [client.reply().status for _ in range(2)] == [200, 400]
        assert client.ended()
    with flights.client() as client:
        client.send(head + b"zz\r\n{")
        assert client.reply().status == 400
        assert client.ended()


def test_a_sender_who_waits_for_100_continue_gets_it(flights: Running) -> None:
    body = _request(flights)
    with flights.client() as client:
        client.send(_post(body, "expect: 100-continue")[: -len(body)])
        assert client.reply().status == 100
        client.send(body)
        assert client.reply().status == 200


def test_a_sender_who_would_be_refused_is_told_before_the_body(flights: Running) -> None:
    with flights.client() as client:
        client.send(_post(b"", "expect: 100-continue", path="/nowhere").replace(b"length: 0", b"length: 1000"))
        assert client.reply().status == 404
    with flights.client() as client:
        client.send(_post(_request(flights), "expect: a-miracle"))
        assert client.reply().status == 417


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/invocations", "POST"), ("/ping", "GET, HEAD"), ("/metrics", "GET, HEAD"), ("/docs", "GET, HEAD")],
)
def test_other_methods_are_told_which_there_are(flights: Running, path: str, methods: str) -> None:
    with flights.client() as client:
        for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} - set(methods.split(", ")):
            reply = client.ask(method, path, b"" if method == "POST" else None)
            assert (reply.status, reply.headers["allow"]) == (405, methods)


def test_head_has_the_headers_and_no_body(flights: Running) -> None:
    with flights.client() as client:
        for path in ("/ping", "/docs", "/openapi.json", "/nowhere"):
            head, whole = client.ask("HEAD", path), client.ask("GET", path)
            assert (head.status, head.body) == (whole.status, b"")
            assert head.headers["content-length"] == str(len(whole.body))


def test_what_cannot_be_read_is_refused_and_the_connection_goes_on(flights: Running) -> None:
    body = _request(flights)
    with flights.client() as client:
        assert client.ask("POST", "/nowhere", body, content_type="application/json").status == 404
        assert client.ask("POST", "/invocations", body, content_type="text/html").status == 415
        assert client.ask("POST", "/invocations", body, content_encoding="gzip").status == 415
        assert client.ask("POST", "/invocations").status == 411
        assert client.ask("POST", "/invocations", body, content_type="Application/JSON; charset=utf-8").status == 200


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET /ping HTTP/1.1\r\nhost: t\r\nx: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /ping HTTP/1.1\r\nhost: t\r\n" + b"x: y\r\n" * 5_000 + b"\r\n", 431),
        (b"GET /" + b"a" * 4_000 + b" HTTP/1.1\r\nhost: t\r\n\r\n", 414),
        (b"GET /" + b"a" * 400_000 + b" HTTP/1.1\r\nhost: t\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello", 400),
        (b"GET /ping HTTP/3.7\r\n\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", 400),
        (b"POST /invocations HTTP/1.1\r\ncontent-length: -1\r\n\r\n{}", 400),
        (b"POST /invocations HTTP/1.1\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}", 400),
        (b"POST /invocations HTTP/1.1\r\nhost: t\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET /ping HTTP/1.1\r\n\r\n", 400),
        (b"GET /ping HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        (b"GET /ping HTTP/2.0\r\nhost: t\r\n\r\n", 400),
        (b"GET /ping\r\n\r\n", 400),
        (b"GET /ping\nhost: t\n\n", 400),
    ],
)
def test_what_is_no_request_is_told_so(flights: Running, message: bytes, status: int) -> None:
    with flights.client() as client:
        client.send(message)
        reply = client.reply()
        assert reply.status == status
        assert reply.json["error"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://elsewhere:80/ping", 200), ("HTTPS://[::1]/ping?x=1", 200), ("http://h", 404),
        ("http://h?a=/ping", 404), ("/%70ing", 200), ("/v2/health%2Flive", 404),
        ("/ping?next=http://h/", 200), ("/ping/", 404), ("//ping", 404),
    ],
)  # fmt: skip
def test_a_path_may_be_spelled_in_every_way_that_http_has(flights: Running, target: str, status: int) -> None:
    with flights.client() as client:
        assert client.ask("GET", target).status == status


def test_whoever_speaks_http_1_0_is_told_that_the_connection_ends(flights: Running) -> None:
    """They read until it does, unless they are told that it does not; and they know of no 100."""
    body = _request(flights)
    head = b"POST /invocations HTTP/1.0\r\nconnection: keep-alive\r\nexpect: 100-continue\r\ncontent-length: %d\r\n\r\n"
    with flights.client() as client:
        client.send(head % len(body))
        client.send(body)
        reply = client.reply()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert client.ended()


def test_a_connection_ends_when_asked(flights: Running) -> None:
    with flights.client() as client:
        assert client.ask("GET", "/ping", connection="close").headers["connection"] == "close"
        assert client.ended()
    with flights.client() as client:
        client.send(b"GET /ping HTTP/1.0\r\n\r\n")
        assert client.reply().status == 200
        assert client.ended()


def test_whoever_has_nothing_more_to_say_still_gets_the_answers(flights: Running) -> None:
    with flights.client() as client:
        client.send(_post(_request(flights)) * 3)
        client.socket.shutdown(1)
        assert [client.reply().status for _ in range(3)] == [200] * 3
        assert client.ended()


def test_an_offer_of_another_protocol_is_not_taken_up(flights: Running) -> None:
    offer = ("connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABk")
    with flights.client() as client:
        client.send(_post(_request(flights), *offer))
        assert client.reply().status == 200
        client.send("\r\n".join(["GET /ping HTTP/1.1", "host: t", *offer, "", ""]).encode())
        assert client.reply().status == 200


def test_every_response_has_a_date(flights: Running) -> None:
    from email.utils import parsedate_to_datetime

    with flights.client() as client:
        assert parsedate_to_datetime(client.ask("GET", "/ping").headers["date"])
        assert parsedate_to_datetime(client.predict({"records": []}).headers["date"])


def test_a_head_seen_before_means_the_same_with_another_body(flights: Running) -> None:
    """The second request takes the quick way; its body is its own."""
    bodies = [_request(flights, seed=seed) for seed in range(40)]
    lengths = {len(body) for body in bodies}
    padded = [body.ljust(max(lengths)) for body in bodies]
    with flights.client() as client, flights.client() as other:
        for body in padded:
            client.send(_post(body))
            quick = client.reply()
            other.send(_post(body, f"x-number: {hash(body)}"))
            assert quick.json == other.reply().json
