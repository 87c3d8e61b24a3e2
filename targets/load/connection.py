"""One keep-alive HTTP connection that carries one request at a time: replies parsed by httptools, told to its owner."""

import asyncio
from typing import Protocol, cast

from httptools import HttpParserError, HttpResponseParser


class Owner(Protocol):
    """Who sends over connections and counts what comes back."""

    def opened(self, connection: "Connection", /) -> None:
        """The connection is ready for its first request."""

    def replied(self, connection: "Connection", status: int, /) -> None:
        """The whole reply is there; the connection is free."""

    def closed(self, connection: "Connection", /) -> None:
        """The connection is gone; `busy` says whether a request went with it."""


class Connection(asyncio.Protocol):
    """`since` is when the request under way was meant to be sent, `number` which of the bodies it carries."""

    __slots__ = ("_owner", "_parser", "_transport", "busy", "number", "since")

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.busy = False
        self.since = 0.0
        self.number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._parser = HttpResponseParser(self)
        self._owner.opened(self)

    def send(self, request: bytes, number: int, since: float) -> None:
        """Send a whole request; its reply is told to the owner."""
        self.busy = True
        self.number = number
        self.since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """asyncio's."""
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._transport.abort()

    def on_message_complete(self) -> None:
        """httptools'."""
        if not self.busy:  # a reply that nobody asked for, such as a 408 before a close
            return
        self.busy = False
        status, last = self._parser.get_status_code(), not self._parser.should_keep_alive()
        if last:
            self._transport.close()
        self._owner.replied(self, status)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's."""
        self._owner.closed(self)

    def usable(self) -> bool:
        """Whether another request can be sent."""
        return not self.busy and not self._transport.is_closing()

    def close(self) -> None:
        """Close at once; a request under way is not answered any more."""
        self._transport.abort()
