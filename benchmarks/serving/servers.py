"""The servers that are compared: how each is started, and in which form it takes its rows."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models import Model
from peers import scripts

APPS = Path(__file__).parent / "apps"


@dataclass(frozen=True)
class Server:
    """`peer`: whose environment it runs in, none for mlspec's own; `command` gets the port and the model; `form` is how
    a request holds its rows; `prepare` writes what it reads at its start."""

    name: str
    peer: str
    command: Callable[[int, Model], list[str]]
    form: str = "inputs"
    path: str = "/invocations"
    environ: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path, int, Model], Mapping[str, str]] = lambda folder, port, model: {}


def _mlspec(engine: str) -> Callable[[Path, int, Model], Mapping[str, str]]:
    return lambda folder, port, model: {
        "MLSPEC_MODEL_DIR": str(model.releases[engine]), "MLSPEC_HOST": "127.0.0.1", "MLSPEC_PORT": str(port),
        "MLSPEC_WORKERS": "1", "MLSPEC_THREADS": "1", "MLSPEC_ACCESS_LOG": "off",
    }  # fmt: skip


def _mlspec_command(port: int, model: Model) -> list[str]:
    return [sys.executable, str(model.code / "server.py")]


def _app(peer: str, file: str) -> Callable[[int, Model], list[str]]:
    return lambda port, model: [str(scripts(peer) / "python"), str(APPS / file)]


def _bento(port: int, model: Model) -> list[str]:
    return [
        str(scripts("bentoml") / "bentoml"),
        "serve",
        "bento_app:Service",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]


def _uvicorn(port: int, model: Model) -> list[str]:
    quiet = ["--no-access-log", "--log-level", "warning"]
    return [str(scripts("http") / "uvicorn"), "fastapi_app:app", "--host", "127.0.0.1", "--port", str(port), *quiet]


def _granian(port: int, model: Model) -> list[str]:
    one = ["--workers", "1", "--runtime-threads", "1", "--no-access-log", "--log-level", "warning"]
    where = ["--host", "127.0.0.1", "--port", str(port)]
    return [str(scripts("http") / "granian"), "--interface", "rsgi", *where, *one, "granian_app:app"]


def _mlserver(port: int, model: Model) -> list[str]:
    return [str(scripts("mlserver") / "mlserver"), "start", "."]


def _mlserver_files(folder: Path, port: int, model: Model) -> Mapping[str, str]:
    ports = f'"http_port": {port}, "grpc_port": {port + 1000}, "metrics_port": {port + 2000}'
    (folder / "settings.json").write_text(f'{{"host": "127.0.0.1", {ports}, "parallel_workers": 0, "debug": false}}')
    (folder / "model-settings.json").write_text('{"name": "m", "implementation": "mlserver_runtime.Runtime"}')
    return {}


_QUIET_BENTO = {"BENTOML_DO_NOT_TRACK": "True"}
MLSPEC = Server("mlspec, ONNX Runtime", "", _mlspec_command, "records", prepare=_mlspec("onnx"))
COMPILED = Server("mlspec, compiled", "", _mlspec_command, "records", prepare=_mlspec("compiled"))
COLUMNS = Server("mlspec, columns", "", _mlspec_command, "columns", prepare=_mlspec("onnx"))
TENSOR = Server("mlspec, one tensor", "", _mlspec_command, "tensor", "/v2/models/MODEL/infer", prepare=_mlspec("onnx"))
BINARY = Server(
    "mlspec, binary tensor", "", _mlspec_command, "binary", "/v2/models/MODEL/infer", prepare=_mlspec("onnx")
)
BOTH_WAYS = Server(
    "mlspec, binary both ways", "", _mlspec_command, "binary both ways", "/v2/models/MODEL/infer",
    prepare=_mlspec("onnx"),
)  # fmt: skip
GRANIAN = Server("Granian, bare handler", "http", _granian)
RAW = Server("raw loop + ONNX Runtime", "http", _app("http", "raw_app.py"))
RAW_JOINED = Server("raw loop, joined", "http", _app("http", "raw_app.py"), environ={"JOIN": "1"})
FASTAPI = Server("FastAPI", "http", _uvicorn)
LITSERVE = Server("LitServe", "litserve", _app("litserve", "litserve_app.py"))
LITSERVE_BATCHED = Server("LitServe, batched", "litserve", _app("litserve", "litserve_app.py"), environ={"BATCH": "64"})
BENTO = Server("BentoML", "bentoml", _bento, environ=_QUIET_BENTO)
BENTO_BATCHED = Server("BentoML, batched", "bentoml", _bento, environ={**_QUIET_BENTO, "BATCH": "64"})
MLSERVER = Server("MLServer", "mlserver", _mlserver, "tensor", "/v2/models/m/infer", prepare=_mlserver_files)
