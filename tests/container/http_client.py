"""Bytes to a server and bytes back: what HTTP libraries are too polite to send."""

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

SECONDS = 30.0


@dataclass(frozen=True)
class Reply:
    """One response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection; `reply` reads exactly one response."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self, *, body: bool = True) -> Reply:
        """The next response, without a body to HEAD; raises ConnectionError where the server has hung up."""
        line = self._file.readline()
        if not line:
            raise ConnectionError("no response")
        headers = {}
        while (header := self._file.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if body else 0
        return Reply(int(line.split()[1]), headers, self._file.read(length))

    def ended(self) -> bool:
        """Whether the server has closed its side: waits until it has, or says more."""
        return self._file.read(1) == b""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request and its response; an underscore in a header's name stands for a hyphen."""
        lines = [f"{method} {path} HTTP/1.1", "host: test"]
        if body is not None:
            lines.append(f"content-length: {len(body)}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        return self.reply(body=method != "HEAD")

    def predict(self, document: Any, path: str = "/invocations") -> Reply:
        return self.ask("POST", path, json.dumps(document).encode(), content_type="application/json")
