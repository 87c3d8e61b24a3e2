"""The instance and the environment turned into the server's settings, and the limits that it holds."""

import os
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlspec.runtime.requests import ServingContract

_MIB = 2**20
_WORKER_BYTES = 96 * _MIB  # a worker before its model: interpreter, NumPy, ONNX Runtime
_MODEL_COPIES = 3  # a model in memory takes more than its file: weights, their packed form, and the swap's second one
TOLD = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})  # what a worker unblocks once its loop runs
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_MOST = 256  # workers, and threads of each


class Limits(NamedTuple):
    """What one request, one connection and one worker may take; sizes in bytes, times in seconds."""

    body: int = 32 * _MIB
    head: int = 16 * 1024
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: float = 75.0
    write_seconds: float = 60.0
    drain_seconds: float = 25.0
    deadline: float = 30.0
    connections: int = 1024
    held: int = 256 * _MIB  # all bodies that a worker holds at once


class Application(NamedTuple):
    """What the generated entry point serves; `contract` imports the generated module, late: that takes its time.

    `home` is the folder of the entry point, with openapi.json, docs.html and metadata.json."""

    model: str
    contract: "Callable[[], ServingContract]"
    limits: Limits
    home: str


class Settings(NamedTuple):
    """Where the server listens, what it serves, and with how many processes."""

    host: str
    port: int
    folder: str
    environment: str
    workers: int
    threads: int
    access_log: bool


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings; MLSPEC_* variables win over what the instance suggests, one that is empty counts as none.

    Raises ValueError for what a variable cannot be."""
    folder = environ.get("MLSPEC_MODEL_DIR") or "/opt/ml/model"
    workers, threads = size(processors(), memory(), model_bytes(folder))
    return Settings(
        host=environ.get("MLSPEC_HOST") or "0.0.0.0",  # noqa: S104 (a container's own network)
        port=_number(environ, "MLSPEC_PORT", _number(environ, "SAGEMAKER_BIND_TO_PORT", 8080, 0, 65535), 0, 65535),
        folder=folder,
        environment=environ.get("MLSPEC_ENVIRONMENT", ""),
        workers=_number(environ, "MLSPEC_WORKERS", workers, 1, _MOST),
        threads=_number(environ, "MLSPEC_THREADS", threads, 1, _MOST),
        access_log=_switch(environ, "MLSPEC_ACCESS_LOG"),
    )


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise ValueError(f"{name} is {text[:40]!r}, not a whole number from {least} to {most}")
    return int(text)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip() or "on"
    if text.lower() not in _SWITCH:
        raise ValueError(f"{name} is {text[:40]!r}, not on or off")
    return _SWITCH[text.lower()]


def size(cpus: int, memory_bytes: int, model: int) -> tuple[int, int]:
    """Workers and threads of each: one worker a processor, fewer with more threads where the model would not fit so
    often into half of the memory (the other half is for requests)."""
    fitting = memory_bytes // 2 // (_WORKER_BYTES + _MODEL_COPIES * model)
    workers = max(1, min(cpus, fitting))
    return workers, max(1, cpus // workers)


def processors() -> int:
    """The processors this process may use: those it is bound to, at most its control group's share, at least one."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _first_line("/sys/fs/cgroup/cpu.max").partition(" ")
    return max(1, min(bound, round(int(quota) / int(period)))) if quota.isdigit() and period.isdigit() else bound


def memory() -> int:
    """The memory this process may use, in bytes: the control group's limit, or all there is."""
    limit = _first_line("/sys/fs/cgroup/memory.max")
    return int(limit) if limit.isdigit() else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def model_bytes(folder: str) -> int:
    """The size of the release's files; 0 where there is none."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.is_file())
    except OSError:
        return 0


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.readline().strip()
    except OSError:
        return ""
