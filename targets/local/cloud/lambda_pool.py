"""The execution environments of all functions: kept warm by version and code, bounded in number."""

import hashlib
import io
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlspec.targets.local.cloud.lambda_site import runtime_folder
from mlspec.targets.local.cloud.lambda_worker import Environment, Outcome, Worker
from mlspec.targets.local.cloud.world import World

_MOST_WORKERS = 10


class Pool:
    """Workers by what they run; idle ones of the least recently used kind make room."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._site = runtime_folder(world.directory / "lambda-runtime")
        self._idle: dict[str, list[Worker]] = {}
        self._busy = 0
        self._changed = threading.Condition()

    def invoke(self, function: Any, payload: bytes) -> Outcome:
        """Run one invocation of moto's `function`, on a warm worker if there is one."""
        key = _key(function)
        with self._worker(key, function) as worker:
            return worker.invoke(payload)

    @contextmanager
    def _worker(self, key: str, function: Any) -> Iterator[Worker]:
        with self._changed:
            while self._busy >= _MOST_WORKERS:
                self._changed.wait()
            self._busy += 1
            warm = self._idle.get(key)
            worker = warm.pop() if warm else None
        try:
            if worker is None:
                self._make_room()
                worker = Worker(self._environment(function))
            yield worker
        finally:
            with self._changed:
                self._busy -= 1
                if worker is not None:
                    self._idle.setdefault(key, []).append(worker)
                self._changed.notify()

    def _make_room(self) -> None:
        with self._changed:
            idle = [(worker.used, key, worker) for key, workers in self._idle.items() for worker in workers]
            over = len(idle) + self._busy - _MOST_WORKERS
            leaving = sorted(idle, key=lambda entry: entry[0])[: max(0, over)]
            for _, key, worker in leaving:
                self._idle[key].remove(worker)
        for _, _, worker in leaving:
            worker.close()

    def _environment(self, function: Any) -> Environment:
        world = self._world
        variables = {
            **{str(k): str(v) for k, v in (function.environment_vars or {}).items()},
            "AWS_REGION": world.region,
            "AWS_DEFAULT_REGION": world.region,
            "AWS_ENDPOINT_URL": world.endpoint,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        }
        task = self._unpacked(function.code_bytes)
        return Environment(
            function.function_name, str(function.version), function.handler, function.function_arn,
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
        """End every idle worker."""
        with self._changed:
            workers = [worker for workers in self._idle.values() for worker in workers]
            self._idle.clear()
        for worker in workers:
            worker.close(grace=0.5)


def _key(function: Any) -> str:
    parts = (function.function_arn, function.version, function.code_sha_256, function.handler, function.timeout)
    return json.dumps([*map(str, parts), sorted((function.environment_vars or {}).items())], default=str)
