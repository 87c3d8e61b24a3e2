"""One warm execution environment of a function: AWS's runtime client in a process, behind a Runtime API on loopback."""

import json
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlspec.targets.local.cloud.runtime_api import Exchange, RuntimeApi

_INIT_SECONDS = 10.0  # what Lambda gives an environment to start
_GRACE_SECONDS = 10.0  # for its last lines, which hold histograms; Lambda gives 2, on a machine that is not busy
# time.time() and datetime follow the cloud's clock: its offset, in seconds, is a double in a mapped file.
_BOOT = """
import datetime, gc, mmap, struct, sys, time
sys.path[:0] = [{task!r}, {site!r}]
with open({clock!r}, 'rb') as held:
    offset = mmap.mmap(held.fileno(), 8, access=mmap.ACCESS_READ)
def shifted(real=time.time, read=struct.Struct('d').unpack_from):
    return real() + read(offset)[0]
time.time = shifted
# The type itself must stay: what is written in C, as msgspec is, knows no other.
gc.get_referents(datetime.datetime.__dict__)[0].update(
    now=classmethod(lambda cls, tz=None: cls.fromtimestamp(shifted(), tz)),
    utcnow=classmethod(lambda cls: cls.fromtimestamp(shifted(), datetime.timezone.utc).replace(tzinfo=None)),
    today=classmethod(lambda cls: cls.fromtimestamp(shifted())),
)
sys._clear_type_cache()
from awslambdaric.__main__ import main
main(['awslambdaric', {handler!r}])
"""


@dataclass(frozen=True)
class Environment:
    """What one environment is started with; `task` is the unpacked zip, `site` what the runtime brings."""

    name: str
    version: str
    handler: str
    arn: str
    task: Path
    site: Path
    clock: Path
    variables: dict[str, str]
    timeout: float
    memory: int


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to: the payload, the kind of error if it was one, log lines, and times in seconds."""

    payload: bytes
    error: str
    lines: tuple[str, ...]
    seconds: float
    init_seconds: float | None
    request: str


class Worker:
    """Takes one invocation at a time; starts its process when there is none, or the last one died."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.used = time.monotonic()
        self._output = b""
        self._reading = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._api = RuntimeApi(environment.arn)

    def invoke(self, payload: bytes) -> Outcome:
        """One invocation, from the payload's bytes to the outcome; its time limit begins when init has ended."""
        init_seconds = self._initialised() if self._dead() else None
        started = time.perf_counter()
        request = str(uuid.uuid4())
        limit = self.environment.timeout
        self._api.exchange.calls.put((request, payload, time.time() + limit))
        error, answer = self._await(request, limit)
        self.used = time.monotonic()
        return Outcome(answer, error, self._drain(), time.perf_counter() - started, init_seconds, request)

    def _initialised(self) -> float:
        """A new process, and how long its init took; one that takes too long starts again, on the invocation's time."""
        started = time.perf_counter()
        self._start()
        exchange = self._api.exchange

        def over() -> bool:
            return exchange.ready or exchange.init_error is not None or self._dead()

        if not self._wait(over, _INIT_SECONDS):
            self._kill()
            self._start()
        return time.perf_counter() - started

    def _wait(self, over: Callable[[], bool], seconds: float) -> bool:
        """Whether `over` came to hold within `seconds`."""
        changed, deadline = self._api.exchange.changed, time.monotonic() + seconds
        with changed:
            while not over() and (left := deadline - time.monotonic()) > 0:
                changed.wait(min(left, 0.2))
            return over()

    def _await(self, request: str, limit: float) -> tuple[str, bytes]:
        exchange = self._api.exchange

        def over() -> bool:
            return request in exchange.answers or exchange.init_error is not None or self._dead()

        self._wait(over, limit)
        with exchange.changed:
            if request in exchange.answers:
                return exchange.answers.pop(request)
            init_error, exchange.init_error = exchange.init_error, None
        if init_error is not None:
            self._kill()
            return "Unhandled", init_error
        if self._dead():
            return "Unhandled", self._ended(request)
        self._kill()
        text = f"{request} Task timed out after {self.environment.timeout:.2f} seconds"
        return "Unhandled", json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": text}).encode()

    def _ended(self, request: str) -> bytes:
        code = self._process.wait() if self._process else 0
        how = f"exit status {code}" if code >= 0 else f"signal: {-code}"
        text = f"RequestId: {request} Error: Runtime exited with error: {how}"
        return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": text}).encode()

    def _start(self) -> None:
        env = self.environment
        self._api.exchange.calls.put(None)  # lets the thread of a dead process's last request go
        self._api.exchange = Exchange()
        boot = _BOOT.format(task=str(env.task), site=str(env.site), clock=str(env.clock), handler=env.handler)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-u", "-c", boot],
            cwd=env.task, env=self._variables(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        threading.Thread(target=self._pump, args=(self._process,), daemon=True).start()

    def _variables(self) -> dict[str, str]:
        env = self.environment
        return {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": env.name,
            "AWS_LAMBDA_FUNCTION_VERSION": env.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(env.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(env.task),
            "_HANDLER": env.handler,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            **env.variables,
        }

    def _pump(self, process: "subprocess.Popen[bytes]") -> None:
        """Keep the pipe from filling up; wake whoever waits when the process ends."""
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        while process.poll() is None:
            if select.select([descriptor], [], [], 0.5)[0] and not self._take(descriptor):
                break
        process.wait()
        self._take(descriptor)
        with self._api.exchange.changed:
            self._api.exchange.changed.notify_all()

    def _take(self, descriptor: int) -> bool:
        """Read all that is in the pipe; False at its end."""
        with self._reading:
            try:
                while content := os.read(descriptor, 1 << 16):
                    self._output += content
            except BlockingIOError:
                return True
            except OSError:
                return False
        return False

    def _drain(self) -> tuple[str, ...]:
        """The lines written so far: a process writes before it answers, so all of them are in the pipe by now."""
        if self._process and self._process.stdout and not self._process.stdout.closed:
            self._take(self._process.stdout.fileno())
        with self._reading:
            text, self._output = self._output.decode(errors="replace"), b""
        return tuple(line for line in text.splitlines() if line.strip())

    def _dead(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self, *, grace: float = _GRACE_SECONDS) -> tuple[str, ...]:
        """End the environment as Lambda does, with SIGTERM first; the last lines it wrote."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self._kill()
        self._api.close()
        return self._drain()
