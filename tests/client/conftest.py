"""A model with names that Python cannot spell, trained and served here, and the client generated for it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from mlspec.compiler.units.client import client_files, names
from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec
from mlspec.targets.local.container import Serving, running_server
from mlspec.targets.local.release import LocalTraining, local_release
from tests.container.rows import AFTER, write_rows

SPEC = """\
apiVersion: mlspec/v1
name: odd-ones
owner: team@example.com
data:
  source: {uri: "s3://lake/odd/"}
  columns:
    id: {type: string, role: id}
    at: {type: datetime, role: time}
    a b: {type: float, min: -9, max: 9, nullable: true}
    class: {type: int, min: 0, max: 20}
    shop: {type: category, values: ["no\\"rth", east, süd]}
    paid: {type: bool}
    outcome: {type: category, values: [low, middle, high], role: label}
training:
  estimator: {_target_: sklearn.tree.DecisionTreeClassifier, max_depth: 3}
serving: {max_rows: 50}
"""
ROW: dict[str, Any] = {"a b": 1.5, "class": 3, "shop": "east", "paid": True}


@dataclass(frozen=True)
class Served:
    """A spec's file, and the URL of a server of its model."""

    spec: Path
    checked: Checked
    url: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for the session."""
    folder = tmp_path_factory.mktemp("odd")
    spec = folder / "odd-ones.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    checked = load_spec(spec)
    rows = write_rows(checked, folder / "rows", rows=2000)
    model = local_release(LocalTraining(checked, folder, folder / "home", rows, AFTER))
    with running_server(checked, model, folder / "home", Serving(port=0, workers=1)) as url:
        yield Served(spec, checked, f"{url}/invocations")


@pytest.fixture(scope="session")
def client(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package, imported."""
    folder = write_client(served.checked, tmp_path_factory.mktemp("client"))
    sys.path.insert(0, str(folder))
    yield importlib.import_module(names(served.checked)[0])
    sys.path.remove(str(folder))


def write_client(checked: Checked, folder: Path) -> Path:
    for path, content in client_files(checked).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def answering(reply: Callable[[int, BaseHTTPRequestHandler], Reply]) -> Iterator[tuple[str, list[Any]]]:
    """A URL that answers as told, by the number of the request; and the headers of all requests."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(dict(self.headers))
            status, headers, body = reply(len(seen) - 1, self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/invocations", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
