"""One connection: requests in, answers out in their order; a head that was seen before is not read again."""

import asyncio
from typing import Protocol, cast

from mlspec.runtime.http_head import Head
from mlspec.runtime.http_incoming import Door, Incoming, Message
from mlspec.runtime.http_replies import CONTINUE, Heads, Page, prediction, refusal
from mlspec.runtime.payload import Outcome

_MOST_KNOWN = 1024  # heads; beyond it all are forgotten
_LINGER_SECONDS = 5.0  # what is still being sent is read so long, else its sender would not see the answer
_END = b"\r\n\r\n"
_CROWDED = refusal(503, "unavailable", "too many connections")
_CUT = refusal(400, "bad request", "the request ended before it was whole")
_LATE = refusal(408, "request timeout", "the request did not arrive in time")


class Site(Door, Protocol):
    """What all connections of a worker share; `known` are heads by their bytes, `now` the time of the last sweep."""

    loop: asyncio.AbstractEventLoop
    heads: Heads
    known: dict[bytes, Head]
    connections: set["Connection"]
    draining: bool
    now: float

    def closing(self, now: float) -> bool:
        """Whether those who ask nothing are to go."""

    def ask(self, connection: "Connection", head: Head, body: bytes) -> None:
        """Have rows predicted; the connection's `take` is called once."""

    def note(self, head: Head | None, status: int, received: int, sent: int) -> None:
        """Log and count an answer that is no prediction."""

    def count_connections(self) -> None:
        """One has come or gone."""


class Connection(asyncio.Protocol):
    """Answers one request at a time; those that arrive behind it wait, and reading stops while any does."""

    __slots__ = ("_blocked", "_busy", "_ending", "_eof", "_free", "_held", "_incoming", "_since", "_site", "_to")

    def __init__(self, site: Site) -> None:
        self._site = site
        self._incoming: Incoming | None = None
        self._busy = False  # a request is being answered
        self._ending = False  # the last answer has been given
        self._blocked = False  # the peer does not take what is written
        self._free = True  # nothing of the above, and no half request: the quick way is open
        self._since = site.now
        self._held = 0
        self._eof = False  # the peer will send no more

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._to = cast(asyncio.Transport, transport)
        site = self._site
        site.connections.add(self)
        site.count_connections()
        if len(site.connections) > site.limits.connections:
            self._finish(_CROWDED)

    def connection_lost(self, error: Exception | None) -> None:
        self._ending, self._free = True, False
        self._site.connections.discard(self)
        self._site.count_connections()
        if self._incoming is not None:
            self._incoming.drop()

    def data_received(self, data: bytes) -> None:
        if self._free:
            end = data.find(_END)
            head = self._site.known.get(data[:end])
            if head is not None and len(data) - end - 4 == head.length and end > 0:
                self._serve(head, data[end + 4 :])
                return
        self._read(data)

    def eof_received(self) -> bool:
        """Half of a request will never be whole; what is whole still gets its answer, and then the connection ends."""
        self._eof = True
        incoming = self._incoming
        if incoming is not None and incoming.half and incoming.fatal is None:
            incoming.fatal = _CUT
            self._advance()
        return self._busy and not self._ending

    def pause_writing(self) -> None:
        self._blocked, self._since = True, self._site.now
        self._to.pause_reading()

    def resume_writing(self) -> None:
        self._blocked = False
        self._advance()

    def take(self, head: Head, outcome: Outcome) -> None:
        """Answer with predictions, in one write, or with why there are none."""
        body = outcome.body
        if outcome.status == 200 and head.keep_alive and not (self._site.draining or self._ending):
            self._to.write(self._site.heads.good[len(body), outcome.json_length] + body)
            self._answered()
        else:
            self.answer(head, prediction(outcome.status, body, outcome.json_length))

    def answer(self, head: Head, page: Page) -> None:
        """Answer with `page`."""
        if self._ending:  # its sender has gone
            self._answered()
            return
        keep = head.keep_alive and not self._site.draining
        self._to.write(self._site.heads.response(page, body=head.with_body, close=not keep))
        self._ending = not keep
        self._answered()
        if not keep:
            self._to.close()

    def sweep(self, now: float) -> None:
        """End what takes too long: called now and then."""
        limits, waited = self._site.limits, now - self._since
        incoming = self._incoming
        if self._blocked and waited > limits.write_seconds:
            self._to.abort()
        elif self._ending:
            if waited > _LINGER_SECONDS and not self._busy:
                self._to.abort()
        elif self._busy:
            self._since = now
        elif incoming is not None and incoming.half:
            if waited > (limits.head_seconds if incoming.head is None else limits.body_seconds):
                self._finish(_LATE)
        elif waited > limits.idle_seconds or self._site.closing(now):
            self._to.close()

    def abort(self) -> None:
        """End at once, answered or not."""
        self._to.abort()

    def _read(self, data: bytes) -> None:
        """The long way: whatever HTTP/1.1 allows."""
        if self._ending:
            return
        incoming = self._incoming
        if incoming is None:
            incoming = self._incoming = Incoming(self._site)
        fresh = not (incoming.half or incoming.done)
        if fresh:
            self._since = self._site.loop.time()
        incoming.feed(data)
        if fresh and len(incoming.done) == 1 and not incoming.half and incoming.fatal is None:
            self._remember(data, incoming.done[0].head)
        self._advance()

    def _remember(self, data: bytes, head: Head) -> None:
        """The same bytes mean the same again, as long as they are one head, whole, with a body of known length."""
        end = data.find(_END)
        if end > 0 and head.refused is None and not head.expects and len(data) - end - 4 == head.length:
            known = self._site.known
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[data[:end]] = head

    def _advance(self) -> None:
        """Do what is next: a whole request, then what is wrong, then what the sender waits for."""
        incoming = self._incoming
        if incoming is None or self._ending:
            self._free = not (self._busy or self._ending or self._blocked)
            return
        if not (self._busy or self._blocked):
            self._next(incoming)
        if not self._ending:
            self._free = not (self._busy or self._blocked or incoming.half or incoming.done)
            self._take_more(bool(incoming.done) or self._blocked)

    def _next(self, incoming: Incoming) -> None:
        if incoming.done:
            self._serve_message(incoming.done.popleft())
        elif incoming.fatal is not None:
            self._finish(incoming.fatal)
        elif incoming.expecting:
            incoming.expecting = False
            self._to.write(CONTINUE)

    def _take_more(self, enough: bool) -> None:
        if enough:
            self._to.pause_reading()
        elif not self._to.is_reading():
            self._to.resume_reading()

    def _serve_message(self, message: Message) -> None:
        self._held = message.held
        self._serve(message.head, message.body)

    def _serve(self, head: Head, body: bytes) -> None:
        self._busy, self._free = True, False
        route = head.route
        if head.refused is None and route.protocol:
            self._site.ask(self, head, body)
            return
        page = head.refused or (route.page() if route.page else _LATE)
        self.answer(head, page)
        self._site.note(head, page.status, len(body), len(page.body))

    def _answered(self) -> None:
        site = self._site
        self._busy, self._since = False, site.now
        if self._held:
            site.held -= self._held
            self._held = 0
        incoming = self._incoming
        if incoming is None or not (incoming.half or incoming.done or incoming.fatal):
            self._free = not (self._ending or self._blocked)
            if self._eof:
                self._to.close()
        elif not self._ending:
            site.loop.call_soon(self._advance)

    def _finish(self, page: Page) -> None:
        """The last answer; what is still being sent is read and thrown away for a while."""
        self._to.write(self._site.heads.response(page, close=True))
        self._ending, self._free, self._since = True, False, self._site.loop.time()
        head = self._incoming.head if self._incoming is not None else None
        self._site.note(head, page.status, 0, len(page.body))
        if self._incoming is not None:
            self._incoming.drop()
        if self._to.can_write_eof():
            self._to.write_eof()
        else:
            self._to.close()
