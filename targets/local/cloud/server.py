"""The process: moto's application behind the control routes, on loopback, until it is told to end or nobody calls."""

import json
import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mlspec.targets.local.cloud.behaviours import install
from mlspec.targets.local.cloud.clock import Clock
from mlspec.targets.local.cloud.control import Control, Start
from mlspec.targets.local.cloud.timeline import Timeline
from mlspec.targets.local.cloud.world import World

_TICK_SECONDS = 1.0
IDLE_SECONDS = 6 * 3600.0


def serve(directory: Path, port: int = 0, *, idle_seconds: float = IDLE_SECONDS) -> None:
    """Serve until SIGTERM, SIGINT, hours without a request, or until `cloud.json` no longer tells of this process."""
    _quiet()
    world = World(uuid.uuid4().hex, directory, Clock(directory / "clock"))
    install(world)
    timeline = Timeline(world)
    _listen(world, timeline, port, idle_seconds)


def _quiet() -> None:
    """moto keeps to itself: no request log, machines that run, functions that are ours to invoke, and whose images are
    there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    from moto.core.config import default_user_config

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": True}
    os.environ["MOTO_LAMBDA_STUB_ECR"] = "false"


def _listen(world: World, timeline: Timeline, port: int, idle_seconds: float) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    control = _Watched(Control(world, timeline, DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", port, control, threaded=True, request_handler=MotoRequestHandler)
    world.endpoint = f"http://127.0.0.1:{server.server_port}"
    os.environ["MOTO_PORT"] = str(server.server_port)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"  # moto's own clients stay on loopback
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    _mark(world)
    tick = min(_TICK_SECONDS, idle_seconds)
    while not ended.wait(tick) and time.monotonic() - control.last < idle_seconds and _is_marked(world):
        try:
            timeline.tick()
            world.pools["lambda"].evict()
        except Exception:
            logging.exception("a tick of the clock failed")
    for pool in world.pools.values():
        pool.close()
    server.shutdown()


class _Watched:
    """The application, and when it was last asked something."""

    def __init__(self, inner: Control) -> None:
        self._inner = inner
        self.last = time.monotonic()

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        self.last = time.monotonic()
        return self._inner(environ, start_response)


def _is_marked(world: World) -> bool:
    """Whether clients can find this process: one whose folder was removed, or given to another, has no use."""
    try:
        return bool(json.loads((world.directory / "cloud.json").read_bytes())["id"] == world.id)
    except (OSError, ValueError):
        return False


def _mark(world: World) -> None:
    """Say where we are, whole or not at all."""
    mark = {
        "id": world.id,
        "endpoint": world.endpoint,
        "pid": os.getpid(),
        "account": world.account,
        "region": world.region,
    }
    partial = world.directory / f"cloud.json.{os.getpid()}"
    partial.write_text(json.dumps(mark))
    partial.replace(world.directory / "cloud.json")
