"""How much a server answers as fast as replies come: asked by wrk where it is, by our own client elsewhere."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlspec.targets.load.payloads import Payload
from mlspec.targets.load.places import place_of
from mlspec.targets.load.processes import measure
from mlspec.targets.load.run import Order

WRK = shutil.which("wrk")
CLIENT = "wrk" if WRK else "mlspec's own"


@dataclass(frozen=True)
class Throughput:
    """Requests a second, and how many were not answered with a 2xx or 3xx."""

    rate: float
    failures: int


def throughput(url: str, payloads: list[Payload], *, connections: int, seconds: float) -> Throughput:
    """What is answered within `seconds`."""
    return _wrk(url, payloads[0].body, connections, seconds) if WRK else _own(url, payloads, connections, seconds)


def _wrk(url: str, body: bytes, connections: int, seconds: float) -> Throughput:
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
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
            url,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "BODY": file.name}
        )
    requests, microseconds, failures = next(
        map(int, line.split()[1:]) for line in done.stdout.splitlines() if line.startswith("RESULT")
    )
    return Throughput(requests / microseconds * 1e6, failures)


def _own(url: str, payloads: list[Payload], connections: int, seconds: float) -> Throughput:
    run = measure(Order(place_of(url), payloads, 0, seconds, warmup=0, connections=connections))
    return Throughput(run.throughput, run.failures)
