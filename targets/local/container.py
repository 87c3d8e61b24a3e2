"""The container's unit run as a process on this machine: the same files, without an image."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from mlspec.compiler.units.container import container_unit
from mlspec.compiler.vendor import unit_digest, unit_files
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError

_START_SECONDS = 120.0  # one that cannot start ends, which is seen at once
_END_SECONDS = 60.0  # the server itself takes 25 at most, given a processor
_LOOK_SECONDS = 0.01
_LISTENING = re.compile(rb'"listening","port":(\d+)')


@dataclass(frozen=True)
class Serving:
    """How the server is to run: port 0 takes a free one, no `workers` means one for each processor."""

    port: int = 8080
    workers: int | None = None
    host: str = "127.0.0.1"
    environment: str = "dev"
    variables: Mapping[str, str] = field(default_factory=dict)


def container_folder(checked: Checked, home: Path) -> Path:
    """The unit's files, written once for each content, with nothing that a run could change."""
    unit = container_unit(checked)
    folder = home / "serve" / f"container-{unit_digest(unit)[:16]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="container-", dir=folder.parent))
        for name, content in unit_files(unit).items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(content)
        compiled = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(made)]
        subprocess.run(compiled, check=True, capture_output=True)
        try:
            made.rename(folder)
        except OSError:  # another process was quicker, with the same
            shutil.rmtree(made)
    return folder


def server_command(folder: Path) -> list[str]:
    """What the Dockerfile's entry point starts, with this interpreter."""
    return [sys.executable, str(folder / "server.py")]


def server_variables(model: Path, serving: Serving) -> dict[str, str]:
    """The process's environment; nothing is written beside the files."""
    told = {
        "MLSPEC_MODEL_DIR": str(model.resolve()),
        "MLSPEC_PORT": str(serving.port),
        "MLSPEC_HOST": serving.host,
        "MLSPEC_ENVIRONMENT": serving.environment,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "",
    }
    told |= {"MLSPEC_WORKERS": str(serving.workers)} if serving.workers else {}
    return {**os.environ, **told, **serving.variables}


@contextlib.contextmanager
def running_server(checked: Checked, model: Path, home: Path, serving: Serving) -> Iterator[str]:
    """The URL of a server that answers for the release in `model`; it ends with this block.

    Raises SpecError where it does not come up."""
    with started_server(container_folder(checked, home), server_variables(model, serving)) as server:
        yield server.url


@dataclass(frozen=True)
class Server:
    """A server that runs: its master's process, where it answers, and the file that its output goes to."""

    process: "subprocess.Popen[bytes]"
    url: str
    output: Path


@contextlib.contextmanager
def started_server(folder: Path, variables: Mapping[str, str]) -> Iterator[Server]:
    """The unit in `folder`, serving; it ends with this block. Raises SpecError where it does not come up."""
    with tempfile.TemporaryDirectory(prefix="mlspec-serve-") as scratch:
        output = Path(scratch) / "output"
        with output.open("wb") as log:
            process = subprocess.Popen(
                server_command(folder), cwd=folder, env=dict(variables), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log,
            )  # fmt: skip
        try:
            yield Server(process, _ready(process, output, variables["MLSPEC_HOST"]), output)
        finally:
            end(process)


def url_of(host: str, port: int) -> str:
    """Where a server on `host` answers; an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the server to end, and see that it does."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ready(process: "subprocess.Popen[bytes]", output: Path, host: str) -> str:
    """The URL, once a release serves there. Who answers otherwise has tried the release, and could not load it."""
    direct = build_opener(ProxyHandler({}))
    last = monotonic() + _START_SECONDS
    while process.poll() is None and monotonic() < last:
        url = url_of(host, _port(output))
        try:
            with direct.open(f"{url}/ping", timeout=_START_SECONDS):
                return url
        except HTTPError:
            break
        except (URLError, OSError):
            sleep(_LOOK_SECONDS)
    end(process)  # its last lines are written then
    raise SpecError([Diagnostic("ML842", f"the server did not come up: {_said(output)}")])


def _said(output: Path) -> str:
    """Why there is no release, or else the last of what was said."""
    lines = output.read_text(errors="replace").strip().splitlines()
    told = [json.loads(line)["text"] for line in lines if line.startswith('{"mlspec":"release"')]
    return str([*lines[-1:], *told][-1]) if lines else "it said nothing"


def _port(output: Path) -> int:
    """The port that the server says it listens on; 0, which answers nothing, before it has."""
    found = _LISTENING.search(output.read_bytes())
    return int(found[1]) if found else 0
