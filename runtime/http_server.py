"""The master of the server: it makes what the workers share, starts them, starts those again that died, ends them."""

import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

from mlspec.runtime.http_counters import SharedCounters
from mlspec.runtime.http_listener import listen
from mlspec.runtime.http_log import shared_lock
from mlspec.runtime.http_settings import TOLD, Application, Settings, settings_from

_QUICK_SECONDS = 1.0  # a worker that ends sooner than this was of no use, even if it took connections
_MOST_VAIN = 5  # of those, and of those that took none, one after another: then the master ends too
_FAILED = 1


def serve(application: Application, environ: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    try:
        settings = settings_from(environ)
    except ValueError as error:
        print(f"cannot serve: {error}", file=sys.stderr)
        return _FAILED
    try:
        listeners = listen(settings)
    except (OSError, UnicodeError) as error:  # what no host can be called, such as a..b
        print(f"cannot serve on {settings.host}, port {settings.port}: {error}", file=sys.stderr)
        return _FAILED
    return Master(application, settings, listeners).run()


class Master:
    """Waits for its workers; it serves nothing itself, so that nothing can end it but a signal."""

    def __init__(self, application: Application, settings: Settings, listeners: list[socket.socket]) -> None:
        self._application = application
        self._settings = settings
        self._listeners = listeners
        self._counters = SharedCounters(settings.workers)
        self._lock = shared_lock()
        self._alive, self._held = os.pipe()  # workers see the end of it when the master is gone
        self._seats: dict[int, tuple[int, float]] = {}  # process id -> seat and when it began
        self._ending = False
        self._vain = 0
        self._taken = mmap.mmap(-1, settings.workers)  # which workers have taken connections, however long that took

    def run(self) -> int:
        """Until a signal says so, and every worker has ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, self._pass_on)
        for seat in range(self._settings.workers):
            self._start(seat)
        port = self._listeners[0].getsockname()[1]
        text = f'{{"mlspec":"listening","port":{port},"workers":{self._settings.workers}}}\n'
        os.write(1, text.encode())
        while self._seats:
            self._bury(*os.wait())
        return _FAILED if self._vain >= _MOST_VAIN else 0

    def _start(self, number: int) -> None:
        """What is signalled while the worker begins waits: here until it has its seat, there until its loop runs."""
        signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
        if not self._ending:
            self._counters.row(number).add("starts")
            self._taken[number] = 0
            process = os.fork()
            if process == 0:
                self._work(number)
            self._seats[process] = (number, time.monotonic())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)

    def _work(self, number: int) -> NoReturn:
        """The child: heavy imports begin here, and the master stays small."""
        status = _FAILED
        try:
            os.close(self._held)
            own = self._listeners[number]
            for other in self._listeners:
                if other is not own:
                    other.close()
            from mlspec.runtime.http_worker import Seat, Shared, run_worker

            shared = Shared(self._counters, self._alive, self._lock)
            run_worker(self._application, self._settings, shared, Seat(number, own, self._taken))
            status = 0
        except Exception:  # ours: whoever runs the server must see it
            import traceback

            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _bury(self, process: int, status: int) -> None:
        """A worker has ended: another takes its seat, later and later where none can live."""
        if process not in self._seats:
            return
        number, began = self._seats.pop(process)
        if self._ending:
            return
        of_use = self._taken[number] and time.monotonic() - began >= _QUICK_SECONDS
        self._vain = 0 if of_use else self._vain + 1
        code = os.waitstatus_to_exitcode(status)
        print(f"worker {number} ended with {code}", file=sys.stderr, flush=True)
        if self._vain >= _MOST_VAIN:
            self._end(0, None)
        else:
            time.sleep(min(1.0, 0.1 * self._vain))
            self._start(number)

    def _end(self, number: int, frame: object) -> None:
        self._ending = True
        for listener in self._listeners:  # a port that somebody holds open takes connections that nobody serves
            listener.close()
        self._pass_on(signal.SIGTERM, frame)

    def _pass_on(self, number: int, frame: object) -> None:
        for process in tuple(self._seats):
            with suppress(ProcessLookupError):
                os.kill(process, number)
