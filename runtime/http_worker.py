"""One process of the server: its event loop, the release it serves and how that is swapped, and how it ends."""

import asyncio
import gc
import mmap
import os
import signal
import socket
import time
import traceback
from collections.abc import Mapping
from typing import Any, NamedTuple

import uvloop
from msgspec.json import decode

from mlspec.runtime.http_connection import Connection
from mlspec.runtime.http_counters import SharedCounters
from mlspec.runtime.http_listener import any_wait, take, take_no_more
from mlspec.runtime.http_log import LogWriter
from mlspec.runtime.http_metrics import metrics_text
from mlspec.runtime.http_model import Model
from mlspec.runtime.http_routes import Pages, make_routes
from mlspec.runtime.http_settings import TOLD, Application, Settings
from mlspec.runtime.http_site import Site
from mlspec.runtime.http_telemetry import ServerTelemetry
from mlspec.runtime.telemetry import Identity

_SWEEP_SECONDS = 0.25
_TELEMETRY_SECONDS = 10.0
_BACKLOG = 4096
_LOOKS = 4  # sweeps between two looks at the release's folder
_GARBAGE = 50_000  # objects between two collections: requests leave no cycles behind, connections do


class Shared(NamedTuple):
    """What the master made for all workers: counters, the end of a pipe that closes with it, and the log's lock."""

    counters: SharedCounters
    master: int
    lock: int | None


class Seat(NamedTuple):
    """One worker's own: its number, and the socket that a process after it will have too. It puts 1 at its place of
    `taken`, which the master reads, once it takes connections."""

    number: int
    listener: socket.socket
    taken: mmap.mmap


def run_worker(application: Application, settings: Settings, shared: Shared, seat: Seat) -> None:
    """Serve until SIGTERM, or until the master is gone."""
    uvloop.run(Worker(application, settings, shared, seat).run())


class Worker:
    """Wires one event loop together."""

    def __init__(self, application: Application, settings: Settings, shared: Shared, seat: Seat) -> None:
        self._application = application
        self._settings = settings
        self._shared = shared
        self._seat = seat
        self._loading = False
        self._loaded: object = None  # what the folder looked like when it was loaded last
        self._log = LogWriter(shared.lock)
        self._described: Mapping[str, Any] = decode(_file(application, "metadata.json"))

    async def run(self) -> None:
        """From the first connection to the last."""
        self._loop = loop = asyncio.get_running_loop()
        self._ended, self._tried = asyncio.Event(), asyncio.Event()
        self._site = Site(loop, self._application.limits, self._shared.counters.row(self._seat.number), self._log)
        self._site.access_log = self._settings.access_log
        self._site.routes.update(make_routes(self._application.model, self._pages()))
        self._site.counters.put("ready", 0)
        self._site.counters.put("connections", 0)
        self._watch()
        self._reload()
        await self._tried.wait()  # who connects before waits for the first release, also where an end was asked for
        take(self._seat.listener)
        server = await loop.create_server(self._connected, sock=self._seat.listener, backlog=_BACKLOG)
        self._seat.taken[self._seat.number] = 1
        await self._ended.wait()
        await self._drain(server)

    def _connected(self) -> Connection:
        return Connection(self._site)

    def _end(self) -> None:
        self._loop.remove_reader(self._shared.master)  # it stays readable once the master is gone
        self._ended.set()
        self._loop.call_later(self._application.limits.drain_seconds, self._tried.set)

    def _watch(self) -> None:
        loop = self._loop
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the master's, which a terminal sends to all
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
        loop.add_reader(self._shared.master, self._end)
        loop.call_later(_SWEEP_SECONDS, self._look, 1)
        loop.call_later(_TELEMETRY_SECONDS, self._tell)

    def _pages(self) -> Pages:
        return Pages(
            ready=lambda: self._site.queue.model is not None and not self._site.draining,
            metrics=lambda: metrics_text(self._shared.counters.sums(), self._about()),
            metadata=self._metadata,
            openapi=_file(self._application, "openapi.json"),
            docs=_file(self._application, "docs.html"),
        )

    def _about(self) -> Mapping[str, str]:
        model = self._site.queue.model
        release = model.release if model is not None else None
        return {
            "model": self._application.model,
            "release": release.name if release else "",
            "engine": release.engine_name if release else "",
        }

    def _metadata(self) -> Mapping[str, Any]:
        return {**self._described, "versions": [self._about()["release"]]}

    def _look(self, turn: int) -> None:
        """Sweep in the loop's next turn: timers come before what has arrived, and a worker that was held up must not
        take for silence what waits to be read."""
        self._loop.call_soon(self._loop.call_soon, self._sweep, turn)

    def _sweep(self, turn: int) -> None:
        """What is due: the date, time-outs, lines, and a look at the release's folder."""
        site = self._site
        site.now = self._loop.time()
        site.heads.stamp(time.time())
        for connection in tuple(site.connections):
            connection.sweep(site.now)
        site.write_lines()
        if turn % _LOOKS == 0 and look_of(self._settings.folder) != self._loaded:
            self._reload()
        self._loop.call_later(_SWEEP_SECONDS, self._look, turn + 1)

    def _tell(self) -> None:
        self._site.write_telemetry()
        self._loop.call_later(_TELEMETRY_SECONDS, self._tell)

    def _reload(self) -> None:
        """Load what is in the folder, in a thread; what serves goes on serving until then."""
        if not self._loading:
            self._loading = True
            self._loaded = look_of(self._settings.folder)
            future = self._loop.run_in_executor(None, self._load)
            future.add_done_callback(self._put)

    def _load(self) -> Model:
        from mlspec.runtime.serving_release import load_release

        contract = self._application.contract()
        megabytes = self._settings.threads * 1769
        release = load_release(folder_path(self._settings.folder), contract, memory=megabytes, server=True)
        return Model(contract, release, self._site.report)

    def _put(self, loaded: "asyncio.Future[Model]") -> None:
        """The new release answers the next request; one that cannot be loaded changes nothing."""
        self._loading = False
        self._tried.set()
        site, error = self._site, loaded.exception()
        if error is not None:
            self._refuse(error)
            return
        model = loaded.result()
        if site.queue.model is not None:
            site.counters.add("reloads")
        site.write_telemetry()
        site.telemetry = self._telemetry(model)
        site.queue.model = model
        site.counters.put("ready", 1)
        site.report("release", f"{model.release.name} serves, by {model.release.engine_name}")
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GARBAGE, 10, 10)

    def _refuse(self, error: BaseException) -> None:
        site = self._site
        site.counters.add("failed_reloads", int(os.path.isdir(self._settings.folder)))
        if site.queue.model is None:
            site.queue.missing = str(error)
        cause = error.__cause__ or error
        site.report("release", "".join(traceback.format_exception_only(cause)).strip())

    def _telemetry(self, model: Model) -> ServerTelemetry:
        release = model.release
        name, environment = self._application.model, self._settings.environment
        identity = Identity(name, environment, release.name, release.name, release.profile)
        return ServerTelemetry(identity, release.histograms, time.time())

    async def _drain(self, server: asyncio.AbstractServer) -> None:
        """No new connections; what was asked is answered; what does not end in time is ended."""
        site, listener = self._site, self._seat.listener
        last = self._loop.time() + site.limits.drain_seconds
        take_no_more(listener)
        while any_wait(listener) and self._loop.time() < last:
            await asyncio.sleep(0)  # the loop takes one at each turn
        for _ in range(2):
            await asyncio.sleep(0)  # the last one's protocol is made after that
        server.close()
        site.drain()
        site.counters.put("ready", 0)
        while site.connections and self._loop.time() < last:
            await asyncio.sleep(_SWEEP_SECONDS / 10)
        for connection in tuple(site.connections):
            connection.abort()
        site.write_telemetry()
        site.write_lines()
        self._log.close(1.0)


def _file(application: Application, name: str) -> bytes:
    """A file that the compiler put beside the entry point."""
    with open(os.path.join(application.home, name), "rb") as file:
        return file.read()


def folder_path(folder: str) -> Any:
    """The folder as the loader wants it; pathlib is imported there anyway."""
    from pathlib import Path

    return Path(folder)


def look_of(folder: str) -> object:
    """What changes when a release is put in the place of another: names, sizes, inodes and times of its files."""
    try:
        with os.scandir(folder) as entries:
            stats = [(entry.name, entry.stat()) for entry in entries]
    except OSError:
        return None
    return sorted((name, stat.st_size, stat.st_ino, stat.st_mtime_ns) for name, stat in stats)
