"""How much a server answers as fast as replies come: asked by wrk where it is, by our own client elsewhere."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mlspec.targets.load.payloads import Payload
from mlspec.targets.load.places import Place, place_of
from mlspec.targets.load.processes import measure
from mlspec.targets.load.run import Order

WRK = shutil.which("wrk")
CLIENT = "wrk" if WRK else "mlspec's own"


@dataclass(frozen=True)
class Throughput:
    """Requests a second, and how many were not answered with a 2xx or 3xx."""

    rate: float
    failures: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Where requests go, the headers they have, and their bodies."""

    url: str
    headers: Mapping[str, str]
    payloads: list[Payload]

    @property
    def place(self) -> Place:
        """For the client of `mlspec bench`."""
        return PlaceOf(**asdict(place_of(self.url)), headers=self.headers)


@dataclass(frozen=True, slots=True)
class PlaceOf(Place):
    """A place whose requests have headers of their own."""

    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """A whole HTTP/1.1 request that posts `body`."""
        return Place.request(self, body, {**headers, **self.headers})


def throughput(asked: Asked, *, connections: int, seconds: float) -> Throughput:
    """What is answered within `seconds`."""
    return (_wrk if WRK else _own)(asked, connections, seconds)


def _wrk(asked: Asked, connections: int, seconds: float) -> Throughput:
    with tempfile.TemporaryDirectory() as folder:
        for number, payload in enumerate(asked.payloads):
            Path(folder, str(number)).write_bytes(payload.body)
        script = str(Path(__file__).with_name("wrk.lua"))
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "30s",
            "-s",
            script,
            asked.url,
        ]
        headers = "\n".join(f"{name}: {value}" for name, value in asked.headers.items())
        told = {**os.environ, "BODIES": folder, "HEADERS": headers}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=told)
    requests, microseconds, failures = next(
        map(int, line.split()[1:]) for line in done.stdout.splitlines() if line.startswith("RESULT")
    )
    return Throughput(requests / microseconds * 1e6, failures)


def _own(asked: Asked, connections: int, seconds: float) -> Throughput:
    run = measure(Order(asked.place, asked.payloads, 0, seconds, warmup=0, connections=connections))
    return Throughput(run.throughput, run.failures)
