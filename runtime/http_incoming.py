"""Bytes of a connection turned into whole requests by httptools, each held to its limits while it arrives."""

from collections import deque
from typing import NamedTuple, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mlspec.runtime.http_head import CHUNKED, Head, RawHead, Route, read_head, too_large
from mlspec.runtime.http_replies import Page, refusal
from mlspec.runtime.http_settings import Limits

_SKIPPED = 64 * 1024  # the longest body that is read only to be thrown away, so that the connection can go on
_VERSIONS = ("1.0", "1.1")
_BROKEN = refusal(400, "bad request", "this is not HTTP/1.1")
_FULL = refusal(503, "unavailable", "too many large requests at once")


class Door(Protocol):
    """What all connections of a worker share, as far as reading goes; `held` are bytes of bodies in memory."""

    limits: Limits
    routes: dict[bytes, Route]
    held: int


class Message(NamedTuple):
    """A whole request; `held` are the bytes that it counts for in `Door.held`."""

    head: Head
    body: bytes
    held: int


class Incoming:
    """Feed it what comes; `done` are the whole requests so far, `fatal` the answer after which nothing can follow."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._parser = HttpRequestParser(self)
        self.done: deque[Message] = deque()
        self.fatal: Page | None = None
        self._offer = False  # of another protocol, with a request whose body is still to come
        self.half = False  # a request has begun and is not whole yet
        self.expecting = False  # its sender waits for 100 Continue before the body
        self.head: Head | None = None
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._head_size = 0

    def feed(self, data: bytes) -> None:
        """Read on; a sender who wants another protocol gets this one."""
        while data and self.fatal is None:
            try:
                self._parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
                data = self._without_offer() + rest if self._offer else rest
                self._parser = HttpRequestParser(self)
                continue
            except HttpParserError:
                self.fatal = self.fatal or _BROKEN
            if self.half and self.head is None:
                self._count(len(data))
            return

    def drop(self) -> None:
        """Forget what has come and was not handed on."""
        self._door.held -= self._size + sum(message.held for message in self.done)
        self._size = 0
        self._parts = []  # at once: this and the parser name each other, and wait for the garbage collector
        self.done.clear()

    def on_message_begin(self) -> None:
        if self.fatal is not None:
            return
        self._start()
        self.half = True

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head is None:  # else it is a trailer
            name = name.lower()
            self._headers[name] = self._headers[name] + b", " + value if name in self._headers else value
            self._count(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        parser = self._parser
        version = parser.get_http_version()
        if version not in _VERSIONS:
            self.fatal = self.fatal or _BROKEN
        raw = RawHead(parser.get_method(), self._target, self._headers, parser.should_keep_alive(), version)
        self.head = head = read_head(raw, self._door.routes, most=self._door.limits.body)
        if head.refused is not None and (head.expects or head.length == CHUNKED or head.length > _SKIPPED):
            self.fatal = self.fatal or head.refused
        self.expecting = head.expects
        self._offer = parser.should_upgrade() and head.length != 0

    def on_body(self, part: bytes) -> None:
        self.expecting = False
        if self.fatal is not None or self.head is None or self.head.refused is not None:
            return
        self._parts.append(part)
        self._size += len(part)
        self._door.held += len(part)
        if self._size > self._door.limits.body:
            self.fatal = too_large(self._door.limits.body)
        elif self._door.held > self._door.limits.held:
            self.fatal = _FULL

    def on_message_complete(self) -> None:
        if self._offer:
            return
        self.half = self.expecting = False
        if self.head is not None and self.fatal is None:
            self.done.append(Message(self.head, b"".join(self._parts), self._size))
            self._size = 0
            self._parts = []

    def _without_offer(self) -> bytes:
        """The head once more: what follows an offer of another protocol is no body to the parser."""
        method = self._parser.get_method()
        kept = [(name, value) for name, value in self._headers.items() if name not in (b"connection", b"upgrade")]
        lines = [b"%b: %b" % pair for pair in kept]
        return b"\r\n".join([b"%b %b HTTP/1.1" % (method, self._target), *lines, b"", b""])

    def _start(self) -> None:
        self.head = None
        self._target = b""
        self._headers = {}
        self._parts = []
        self._size = 0
        self._head_size = 0

    def _count(self, size: int) -> None:
        """Nothing of a head is kept that is longer than one may be."""
        self._head_size += size
        if self._head_size > self._door.limits.head and self.fatal is None:
            most = self._door.limits.head
            self.fatal = refusal(431, "request header fields too large", f"a head has at most {most} bytes")
