"""AWS's Lambda Runtime API on loopback: calls handed to a function's process as it asks, and its answers kept.

The protocol is that of 2018-06-01: next, response, error, init/error
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)."""

import queue
import re
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

_ROUTE = re.compile(r"/2018-06-01/runtime/(?:invocation/(?P<id>[^/]+)/(?P<kind>response|error)|(?P<init>init/error))$")


@dataclass
class Exchange:
    """What one process and we have to say to each other. A call is a request's id, its payload, and until when."""

    calls: "queue.Queue[tuple[str, bytes, float] | None]" = field(default_factory=queue.Queue)
    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    ready: bool = False  # it has asked for work: its init is over
    init_error: bytes | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)


class RuntimeApi(ThreadingHTTPServer):
    """Serves one process at a time, whose `exchange` is; drops the connection of one that has ended without a word."""

    daemon_threads = True

    def __init__(self, arn: str) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.arn = arn
        self.exchange = Exchange()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API has them."""
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of whoever waits for a call, and of the port."""
        self.exchange.calls.put(None)
        self.shutdown()
        self.server_close()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """The next call, as soon as there is one."""
        api = cast(RuntimeApi, self.server)
        exchange = api.exchange
        with exchange.changed:
            exchange.ready = True
            exchange.changed.notify_all()
        call = exchange.calls.get()
        if call is None:
            self.close_connection = True
            return
        request, payload, deadline = call
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": api.arn,
            "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
        }
        self._answer(200, payload, headers)

    def do_POST(self) -> None:
        """What a call, or the init, came to."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = _ROUTE.match(self.path)
        exchange = cast(RuntimeApi, self.server).exchange
        with exchange.changed:
            if found and found["id"]:
                exchange.answers[found["id"]] = ("Unhandled" if found["kind"] == "error" else "", body)
            elif found:
                exchange.init_error = body
            exchange.changed.notify_all()
        self._answer(202 if found else 404, b"{}", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        told = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
