"""The execution environments of all functions: kept warm by version and code, bounded in number and in idleness."""

import hashlib
import io
import json
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlspec.targets.local.cloud import emf
from mlspec.targets.local.cloud.images import Content, content_of
from mlspec.targets.local.cloud.lambda_site import runtime_folder
from mlspec.targets.local.cloud.lambda_worker import Environment, Outcome, Worker
from mlspec.targets.local.cloud.log_lines import write_lines
from mlspec.targets.local.cloud.world import World

_MOST_WORKERS = 10
_IDLE_SECONDS = 300.0  # after that Lambda takes an environment back, sooner or later


class Pool:
    """Workers by what they run; idle ones of the least recently used kind make room."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._site = runtime_folder(world.directory / "lambda-runtime")
        self._scratch = world.directory / "lambda-tmp"  # what /tmp is to a function; it goes with the cloud's folder
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._idle: dict[str, list[Worker]] = {}
        self._busy: list[Worker | None] = []
        self._closed = False
        self._changed = threading.Condition()

    def invoke(self, function: Any, payload: bytes) -> Outcome:
        """Run one invocation of moto's `function`, on a warm worker if there is one."""
        key = _key(function)
        with self._worker(key, function) as worker:
            return worker.invoke(payload)

    @contextmanager
    def _worker(self, key: str, function: Any) -> Iterator[Worker]:
        """A warm worker or a new one, held while it works."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._busy) < _MOST_WORKERS or self._closed)
            warm = self._idle.get(key)
            worker = warm.pop() if warm else None
            self._busy.append(worker)
        try:
            if worker is None:
                self._make_room()
                made = Worker(self._environment(function))
                with self._changed:
                    self._busy[self._busy.index(None)] = worker = made
            if self._closed:
                raise RuntimeError("the mocked cloud is ending")
            yield worker
        finally:
            with self._changed:
                self._busy.remove(worker)
                if worker is not None:
                    self._idle.setdefault(key, []).append(worker)
                self._changed.notify()

    def _make_room(self) -> None:
        with self._changed:
            idle = sorted(self._all_idle(), key=lambda worker: worker.used)
            leaving = idle[: max(0, len(idle) + len(self._busy) - _MOST_WORKERS)]
            self._forget(leaving)
        self._retire(leaving)

    def evict(self, idle_seconds: float = _IDLE_SECONDS) -> None:
        """End the workers that have had nothing to do for that long."""
        with self._changed:
            leaving = [worker for worker in self._all_idle() if time.monotonic() - worker.used >= idle_seconds]
            self._forget(leaving)
        self._retire(leaving)

    def _all_idle(self) -> list[Worker]:
        return [worker for workers in self._idle.values() for worker in workers]

    def _forget(self, leaving: list[Worker]) -> None:
        kept = {key: [w for w in workers if w not in leaving] for key, workers in self._idle.items()}
        self._idle = {key: workers for key, workers in kept.items() if workers}

    def _retire(self, leaving: list[Worker]) -> None:
        """End workers; what they write while they end is written to their log, if that is still there."""
        for worker in leaving:
            lines = worker.close()
            variables = worker.environment.variables
            group, stream = variables["AWS_LAMBDA_LOG_GROUP_NAME"], variables["AWS_LAMBDA_LOG_STREAM_NAME"]
            if group in self._world.backend("logs").groups:
                write_lines(self._world, group, stream=stream, lines=lines)
                emf.take(self._world, lines)

    def _environment(self, function: Any) -> Environment:
        world = self._world
        content = _content(world, function)
        variables = {
            **{str(k): str(v) for k, v in (function.environment_vars or {}).items()},
            "AWS_REGION": world.region,
            "AWS_DEFAULT_REGION": world.region,
            "AWS_ENDPOINT_URL": world.endpoint,
            **({"AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}"} if function.run_time else {}),
            "TMPDIR": str(self._scratch),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream_of(world, function),
        }
        task = self._unpacked(content.code)
        return Environment(
            function.function_name, str(function.version), content.handler, function.function_arn,
            task, self._site, world.clock.offset_file, variables, float(function.timeout), int(function.memory_size),
        )  # fmt: skip

    def _unpacked(self, code: bytes) -> Path:
        """The zip's files, unpacked once for each content."""
        folder = self._world.directory / "lambda-code" / hashlib.sha256(code).hexdigest()[:32]
        with self._world.lock:
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    archive.extractall(partial)
                partial.rename(folder)
        return folder

    def close(self) -> None:
        """End every worker, and start none any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            workers = [*self._all_idle(), *(worker for worker in self._busy if worker is not None)]
            self._idle.clear()
        with ThreadPoolExecutor(_MOST_WORKERS) as closing:
            list(closing.map(lambda worker: worker.close(grace=0.5), workers))


def _content(world: World, function: Any) -> Content:
    """The zip and the entry of a function, whichever way it ships; moto holds an image's digest as its code's."""
    if function.package_type == "Image":
        return content_of(world, function.code_sha_256)
    return Content(function.code_bytes, function.handler)


def stream_of(world: World, function: Any) -> str:
    """The log stream of a function's version, today."""
    return f"{world.clock.now():%Y/%m/%d}/[{function.version}]{function.code_sha_256[:16].replace('/', '_')}"


def _key(function: Any) -> str:
    parts = (function.function_arn, function.version, function.code_sha_256, function.handler, function.timeout)
    return json.dumps([*map(str, parts), sorted((function.environment_vars or {}).items())], default=str)
