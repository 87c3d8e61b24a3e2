"""Requests sent over a pool of connections, at a fixed rate or as fast as replies come; each reply counted.

At a fixed rate a request is due at its time whether or not earlier ones were answered, and its latency counts from
then: what waits for a free connection is late, not left out (coordinated omission: G. Tene, "How NOT to Measure
Latency")."""

import asyncio
import gc
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from mlspec.targets.load.connection import Connection
from mlspec.targets.load.payloads import Payload
from mlspec.targets.load.places import Place
from mlspec.targets.load.samples import LOST, UNANSWERED, Samples
from mlspec.targets.load.signing import Requests, Scope

_NEAR = 0.002  # seconds: timers are good to a millisecond, so the last two before a request is due are spent looking
_REOPEN = 0.05  # seconds until a connection that could not be opened is tried again


@dataclass(frozen=True, slots=True)
class Order:
    """What to do: `rate` per second, or 0 for as fast as replies come. `seconds` are counted after `warmup`;
    `patience` is how long after the end replies are waited for, `scope` what requests are signed for."""

    place: Place
    payloads: Sequence[Payload]
    rate: float
    seconds: float
    warmup: float = 1.0
    connections: int = 64
    patience: float = 10.0
    scope: Scope | None = None


async def drive(order: Order) -> Samples:
    """Carry out `order` in this process and loop; raises OSError when not even one connection can be made."""
    run = Run(order)
    await run.connect()
    frozen = gc.isenabled()
    gc.disable()  # a collection in the middle would be told as the server's latency
    try:
        return await run.finish()
    finally:
        if frozen:
            gc.enable()


class Run:
    """One order being carried out."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._loop = asyncio.get_running_loop()
        self._requests = Requests(order.place, [payload.body for payload in order.payloads], order.scope)
        self._free: deque[Connection] = deque()
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._due = self._sent = 0
        self._total = round(order.rate * (order.warmup + order.seconds))
        self._start = 0.0
        self._over = asyncio.Event()
        self._stopped = False
        self._samples = Samples()

    async def connect(self) -> None:
        """Open all connections; raises OSError when one cannot be."""
        opening = [self._loop.create_task(self._connect()) for _ in range(self._order.connections)]
        done, _ = await asyncio.wait(opening)
        for failed in [task for task in done if task.exception() is not None]:
            failed.result()

    async def finish(self) -> Samples:
        """Send, wait for what is under way, and tell what came back."""
        order = self._order
        self._requests.renew(self._loop)
        self._start = perf_counter()
        if order.rate:
            self._tick()
        else:
            while self._free:
                self._send(perf_counter())
        await asyncio.sleep(order.warmup + order.seconds)
        while self._due < self._total:  # the last ones are due any moment
            await asyncio.sleep(0)
        self._stopped = True
        await self._last_replies()
        self._requests.stop()
        self._count_unanswered()
        self._samples.seconds = order.seconds
        for connection in list(self._open):
            connection.close()
        return self._samples

    async def _last_replies(self) -> None:
        if self._sent < self._due or any(connection.busy for connection in self._open):
            try:
                await asyncio.wait_for(self._over.wait(), self._order.patience)
            except TimeoutError:
                return

    # --- sending

    def _tick(self) -> None:
        """Make due what is due, and come back when the next one is."""
        passed, rate = perf_counter() - self._start, self._order.rate
        self._due = min(self._total, int(passed * rate) + 1)
        while self._free and self._sent < self._due:
            self._send(self._start + self._sent / rate)
        if self._due < self._total:
            wait = self._due / rate - passed
            self._loop.call_later(wait - _NEAR / 2, self._tick) if wait > _NEAR else self._loop.call_soon(self._tick)

    def _send(self, since: float) -> None:
        requests = self._requests.whole
        number = self._sent % len(requests)
        self._sent += 1
        self._free.popleft().send(requests[number], number, since)

    # --- what connections tell

    def opened(self, connection: Connection) -> None:
        """A connection is there."""
        self._open.add(connection)
        self._freed(connection)

    def replied(self, connection: Connection, status: int) -> None:
        """A request was answered."""
        self._count(connection, str(status))
        if connection.usable():
            self._freed(connection)

    def closed(self, connection: Connection) -> None:
        """A connection is gone: what it carried is lost, and another takes its place."""
        self._open.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if connection.busy:
            connection.busy = False
            self._count(connection, LOST)
        if not self._over.is_set() and not (self._stopped and self._sent >= self._due):
            task = self._loop.create_task(self._reconnect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def _freed(self, connection: Connection) -> None:
        self._free.append(connection)
        if self._start and not self._order.rate and not self._stopped:
            self._send(perf_counter())
        elif self._sent < self._due:
            self._send(self._start + self._sent / self._order.rate)
        elif self._stopped and len(self._free) == len(self._open):
            self._over.set()

    # --- counting

    def _count(self, connection: Connection, outcome: str) -> None:
        self._add(connection.since, connection.number, outcome)

    def _add(self, since: float, number: int, outcome: str) -> None:
        at = since - self._start - self._order.warmup
        if at < 0 or (not self._order.rate and at >= self._order.seconds):
            return
        samples = self._samples
        latency, time = int((perf_counter() - since) * 1e6), int(at * 1000)
        samples.latencies.append(latency)
        samples.times.append(time)
        samples.broken += outcome == LOST and time * 1000 + latency <= self._order.seconds * 1e6
        samples.outcomes[(outcome, self._order.payloads[number].malformed)] += 1

    def _count_unanswered(self) -> None:
        """What was due and never answered: it took at least until now."""
        for connection in self._open:
            if connection.busy:
                self._count(connection, UNANSWERED)
                connection.busy = False
        for sent in range(self._sent, self._due):
            self._add(self._start + sent / self._order.rate, sent % len(self._order.payloads), UNANSWERED)
        self._over.set()

    # --- connecting

    async def _connect(self) -> None:
        place = self._order.place
        secure = ssl.create_default_context() if place.secure else None
        await self._loop.create_connection(lambda: Connection(self), place.host, place.port, ssl=secure)

    async def _reconnect(self) -> None:
        while not self._over.is_set():
            try:
                return await self._connect()
            except OSError:
                await asyncio.sleep(_REOPEN)
