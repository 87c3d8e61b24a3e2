"""One server running: started, asked until it answers, its memory and processor time read, and ended."""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from models import Model
from servers import APPS, Server

JSON: Mapping[str, str] = {"Content-Type": "application/json"}
_PATIENCE = 60.0
_CLOCK = os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """The server gave no good answer; the text holds the end of its log."""


@dataclass(frozen=True)
class Running:
    """`first`: seconds from start to the first good reply."""

    port: int
    pid: int
    path: str
    first: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def processes(self) -> list[int]:
        """The server's process and all below it."""
        return list(_tree(self.pid))

    def memory(self) -> tuple[float, float]:
        """MiB of the whole tree: resident, and with shared pages counted once."""
        sizes = [_rollup(pid) for pid in self.processes()]
        return sum(rss for rss, _ in sizes) / 1024, sum(pss for _, pss in sizes) / 1024

    @contextmanager
    def apart(self) -> Iterator[None]:
        """The client, which is this process, on the last core and the server on the others, until the block ends.

        What is measured is then how long the server takes, not how long one of the two waits for the other's core."""
        cores = sorted(os.sched_getaffinity(0))
        threads = [int(name) for pid in self.processes() for name in os.listdir(f"/proc/{pid}/task")]
        try:
            _put(threads, cores[:-1] or cores)
            _put([0], cores[-1:])
            yield
        finally:
            _put([0, *threads], cores)

    def seconds(self) -> float:
        """Processor time of the whole tree."""
        return sum(_processor_time(pid) for pid in self.processes())


@contextmanager
def running(server: Server, model: Model, body: bytes, headers: Mapping[str, str] = JSON) -> Iterator[Running]:
    """The server, started and answering; gone afterwards. Raises DidNotStart."""
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+b") as log:
        port, path = _free_port(), server.path.replace("MODEL", model.checked.spec.name)
        extra = server.prepare(Path(name), port, model)
        command = server.command(port, model)
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=name, env=_environ(server, model, port, extra), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _first_reply(process, port, (path, body, headers), Path(name) / "log")
            yield Running(port, process.pid, path, time.perf_counter() - started)
        finally:
            _end(process)


def _environ(server: Server, model: Model, port: int, extra: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(APPS) if server.peer else "",
        "MODEL": str(model.converted), "PORT": str(port), **server.environ, **dict(extra),  # type: ignore[call-overload]
    }  # fmt: skip


def _first_reply(
    process: subprocess.Popen[bytes], port: int, request: tuple[str, bytes, Mapping[str, str]], log: Path
) -> None:
    last = "no connection"
    deadline = time.perf_counter() + _PATIENCE
    while time.perf_counter() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        with suppress(OSError, http.client.HTTPException):
            connection.request("POST", *request)
            reply = connection.getresponse()
            text = reply.read()
            if reply.status == 200:
                return
            last = f"{reply.status} {text[:300]!r}"
        connection.close()
        time.sleep(0.002)
    raise DidNotStart(f"{last}; its log ends: {log.read_text(errors='replace')[-400:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole session: some servers leave workers behind."""
    below = list(_tree(process.pid))
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for pid in below:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from _tree(int(child))


def _put(threads: list[int], cores: list[int]) -> None:
    for thread in threads:
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread, cores)


def _rollup(pid: int) -> tuple[int, int]:
    sizes = {"Rss": 0, "Pss": 0}
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in sizes:
                sizes[name] = int(rest.split()[0])
    return sizes["Rss"], sizes["Pss"]


def _processor_time(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK
    return 0.0
