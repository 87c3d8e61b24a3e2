"""The mocked cloud seen from outside its process: started, found, stopped, and driven over loopback."""

import fcntl
import ipaddress
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlparse

from mlspec.specs.diagnostics import Diagnostic, SpecError

MARK = "cloud.json"
_NEEDED = ("boto3", "moto", "time_machine", "awslambdaric")  # by the mocked cloud's process
_START_SECONDS = 60
_END_SECONDS = 60  # after that it is killed, and may leave jobs behind
_GREET_SECONDS = 30.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy


_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Cloud:
    """One running mocked cloud; every endpoint but a loopback one is refused."""

    id: str
    endpoint: str
    pid: int
    account: str
    region: str

    def __post_init__(self) -> None:
        place = urlparse(self.endpoint)
        host = place.hostname or ""
        if place.scheme != "http" or not (host == "localhost" or _is_loopback(host)):
            raise SpecError([Diagnostic("ML803", f"{self.endpoint} is not on this machine's loopback: refused")])

    def client(self, service: str) -> Any:
        """A boto3 client for `service`, with made-up credentials and no retries."""
        with _MAKING:
            return loopback_client(self.endpoint, self.region, service)

    def now(self) -> datetime:
        """The cloud's time, UTC."""
        return datetime.fromisoformat(self._control("GET", "clock")["now"])

    def advance(
        self, *, to: datetime | None = None, seconds: float | None = None, through_waits: bool = True
    ) -> datetime:
        """Move the clock forward; schedules fire, waits end and alarms are judged at their times on the way. Unless
        `through_waits`, it stops where a workflow begins to wait. The time it is then."""
        body = {"to": to.isoformat()} if to is not None else {"by": float(seconds or 0)}
        return datetime.fromisoformat(self._control("POST", "clock", {**body, "through_waits": through_waits})["now"])

    def set_clock(self, at: datetime) -> datetime:
        """Put the clock anywhere, the past too; nothing fires. For a cloud that is still empty."""
        return datetime.fromisoformat(self._control("POST", "clock", {"set": at.isoformat()})["now"])

    def waiting(self) -> dict[str, Any]:
        """`waits` (execution and until), `jobs` and `busy` (counts of what runs now)."""
        return self._control("GET", "waiting")

    def settle(self, timeout: float = 600.0) -> bool:
        """Return once nothing runs but workflows that wait; False when that took longer than `timeout` seconds."""
        return bool(self._control("POST", "settle", {"timeout": timeout}, timeout=timeout + 10)["settled"])

    def shims(self) -> list[str]:
        """What is emulated here, one sentence each."""
        return list(self._control("GET", "shims")["shims"])

    def inventory(self) -> dict[str, int]:
        """How many resources of each type exist."""
        return dict(self._control("GET", "inventory"))

    def skip_wait(self) -> bool:
        """Move the clock to the next wake-up, when everything that runs is waiting for one; whether it did."""
        waiting = self.waiting()
        if waiting["jobs"] or waiting["busy"] or not waiting["waits"]:
            return False
        self.advance(to=min(datetime.fromisoformat(wait["until"]) for wait in waiting["waits"]))
        return True

    def request(self, function: str, alias: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """One HTTP request to a function's URL: the status and the decoded answer."""
        return self._http("POST", f"{self.endpoint}/mlspec/url/{function}/{alias}", body, timeout=900)

    def _control(
        self, method: str, route: str, body: Mapping[str, Any] | None = None, *, timeout: float = 900.0
    ) -> dict[str, Any]:
        content = json.dumps(body).encode() if body is not None else None
        status, answer = self._http(method, f"{self.endpoint}/mlspec/{route}", content, timeout=timeout)
        if status != 200:
            raise RuntimeError(f"the mocked cloud answered {status} to {route}: {answer}")
        return answer

    def _http(self, method: str, url: str, body: bytes | None, *, timeout: float) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(url, data=body, method=method)  # noqa: S310  (loopback, checked above)
        request.add_header("Content-Type", "application/json")
        try:
            with _DIRECT.open(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, _decoded(error.read())


@cache
def loopback_client(endpoint: str, region: str, service: str) -> Any:
    """A boto3 client with made-up credentials and no retries. It is slow to make, so it is made once; threads may share
    one, and must not make two at a time."""
    import boto3
    from botocore.config import Config

    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=Config(retries={"total_max_attempts": 1}, read_timeout=900, max_pool_connections=32, proxies={}),
    )


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(body or b"{}")
    except ValueError:
        return {"error": body.decode(errors="replace")[:500]}
    return answer


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def connect(directory: Path) -> Cloud | None:
    """The cloud that runs in `directory`, if one does; what was left by another, or by nobody, is not taken for it."""
    try:
        mark = json.loads((directory / MARK).read_bytes())
        cloud = Cloud(**mark)
        os.kill(cloud.pid, 0)
        who = cloud._control("GET", "clock", timeout=_GREET_SECONDS)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, HTTPException):
        return None
    return cloud if (who.get("id"), who.get("pid")) == (cloud.id, cloud.pid) else None


def start(directory: Path) -> Cloud:
    """The cloud that runs in `directory`, started when there is none; raises SpecError when it does not come up."""
    running = connect(directory)
    if running is not None:
        return running
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds what the first has started
        return connect(directory) or _started(directory)


def _check_installed() -> None:
    """Raise ModuleNotFoundError here and now, rather than in a process whose words are in a log."""
    for package in _NEEDED:
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)


def _started(directory: Path) -> Cloud:
    _check_installed()
    (directory / MARK).unlink(missing_ok=True)
    with (directory / "cloud.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlspec.targets.local.cloud", "--directory", str(directory)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=directory,
        )  # fmt: skip
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        cloud = connect(directory)
        if cloud is not None:
            return cloud
        time.sleep(0.02)
    process.kill()
    tail = (directory / "cloud.log").read_text(errors="replace")[-400:]
    raise SpecError([Diagnostic("ML804", f"the mocked cloud did not start: {tail.strip()}", hint="see cloud.log")])


def stop(directory: Path) -> bool:
    """End the cloud of `directory`, and wait until it is gone; whether one ran."""
    cloud = connect(directory)
    if cloud is None:
        return False
    os.kill(cloud.pid, signal.SIGTERM)
    deadline = time.monotonic() + _END_SECONDS
    while time.monotonic() < deadline and _alive(cloud.pid):
        time.sleep(0.02)
    if _alive(cloud.pid):
        os.kill(cloud.pid, signal.SIGKILL)
    (directory / MARK).unlink(missing_ok=True)
    return True


def _alive(pid: int) -> bool:
    try:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
