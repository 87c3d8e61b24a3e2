"""A mocked cloud for each test, and bundles emitted from small graphs."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config

from mlspec.compiler.emit.bundle import emit_bundle
from mlspec.compiler.graph import Graph, Resource
from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.origins import Origins
from mlspec.targets.aws.types import TYPES
from mlspec.targets.local.engine import Event, StateStore

# Reads each service's description once, also for the processes that tests fork.
SESSION = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")


@dataclass
class FakeCloud:
    endpoint: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    account: str = "123456789012"
    region: str = "us-east-1"
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            config = Config(retries={"max_attempts": 1}, max_pool_connections=16, s3={"addressing_style": "path"})
            make: Any = SESSION.client
            self.clients[service] = make(service, endpoint_url=self.endpoint, config=config)
        return self.clients[service]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    script = Path(__file__).with_name("moto_server.py")
    server = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert server.stdout is not None
    yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    server.communicate()


@pytest.fixture
def reset(endpoint: str) -> Callable[[], None]:
    def post() -> None:
        urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")).close()

    post()
    return post


@pytest.fixture
def cloud(endpoint: str, reset: Callable[[], None]) -> FakeCloud:
    return FakeCloud(endpoint)


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(tmp_path / "state" / "demo-dev.json")


@dataclass(frozen=True)
class _Checked:
    resolved: dict[str, Any]
    origins: Origins = field(default_factory=Origins)
    texts: dict[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., Path]:
    """Writes the bundle of some resources, with a package for each unit they name."""

    def write(*resources: Resource, outputs: Any = None, where: str = "bundle") -> Path:
        graph = Graph("demo", "dev", resources, outputs=outputs or {})
        emitted = emit_bundle(graph, TYPES, _Checked({"name": "demo"}))  # type: ignore[arg-type]
        for path, content in emitted.files.items():
            (tmp_path / where / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / where / path).write_bytes(content)
        return tmp_path / where

    return write


@dataclass
class Told:
    """Collects an apply's events."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def done(self) -> dict[str, str]:
        return {event.resource: event.action for event in self.events}

    def of(self, action: str) -> list[str]:
        return [event.resource for event in self.events if event.action == action]


@pytest.fixture
def told() -> Told:
    return Told()
