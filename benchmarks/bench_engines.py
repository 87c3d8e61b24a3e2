"""Plain Python beside ONNX Runtime: a call's time for each kind of model, and a function's cold start beside one that
does nothing, both under AWS's own runtime client, with .pyc files."""

import hashlib
import json
import os
import statistics
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from release import write_release
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from timing import ratio, seconds_of

from mlspec.compiler.bundle import Bundle
from mlspec.runtime.compiled_engine import FILE
from mlspec.runtime.compiled_source import compiled_source
from mlspec.runtime.engine_choice import Compiled
from mlspec.runtime.engines import open_engine
from mlspec.runtime.packages import bytecode_of
from mlspec.specs.load import load_spec
from mlspec.targets.aws.compile import compile_spec
from mlspec.targets.local.cloud.lambda_site import runtime_folder
from mlspec.targets.local.cloud.lambda_worker import Environment, Worker
from mlspec.targets.packaging import Platform, build_packages

SPEC = Path(__file__).resolve().parents[1] / "examples" / "flight-delay" / "flight-delay.yaml"
WIDTH, ROWS, TURNS = 30, 5_000, 9
ROUNDS = int(os.environ.get("ROUNDS", "15"))
COLD_LIMIT = 1.5
COMPILED, ONNX, EMPTY = "compiled, nothing to install", "ONNX Runtime and NumPy", "a handler that does nothing"
UNITS = {COMPILED: "inference-compiled", ONNX: "inference", EMPTY: "empty"}
MODELS: Mapping[str, Callable[[], Any]] = {
    "linear": lambda: LogisticRegression(max_iter=1000),
    "100 boosted trees of depth 3": lambda: GradientBoostingClassifier(random_state=0),
    "100 boosted trees of 31 leaves": lambda: HistGradientBoostingClassifier(early_stopping=False, random_state=0),
    "100 random trees of depth 8": lambda: RandomForestClassifier(max_depth=8, random_state=0),
}


def main() -> None:
    """Print both tables and the ratios."""
    with tempfile.TemporaryDirectory() as scratch:
        tell_calls(Path(scratch))
        tell_cold_starts(Path(scratch))


def tell_calls(folder: Path) -> None:
    """Microseconds of a call with one row and with 64: through each engine, and of ONNX Runtime alone."""
    matrix, target = make_classification(ROWS, WIDTH, n_informative=12, random_state=0)
    rows = matrix.astype(np.float32)
    print(f"  microseconds of a call, {WIDTH} features; the best of {TURNS} turns{'1 row':>30}{'64 rows':>24}")
    print(f"  {'':32}{'source':>10}" + f"{'compiled':>12}{'engine':>10}{'raw ONNX':>10}" * 2)
    for at, (name, make) in enumerate(MODELS.items()):
        model = make().fit(rows, target)
        types = [("X", FloatTensorType([None, WIDTH]))]
        onnx = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}}).SerializeToString()
        source = compiled_source(onnx, several=False)
        calls = _calls(folder / str(at), onnx, source)
        figures = [figure for size in (1, 64) for figure in _timed(calls, rows, size)]
        print(f"  {name:32}{len(source) / 1024:7.0f} KiB" + "".join(
            f"{figure:{width}.1f}" for figure, width in zip(figures, (12, 10, 10) * 2, strict=True)
        ))  # fmt: skip


def _calls(folder: Path, onnx: bytes, source: str) -> list[Callable[[bytes], Any]]:
    """The compiled engine, the one with ONNX Runtime, and ONNX Runtime's own call."""
    folder.mkdir()
    (folder / "model.onnx").write_bytes(onnx)
    (folder / FILE).write_text(source)
    described = {"features": [None] * WIDTH, "classes": [0, 1], "task": "binary"}
    described |= {"onnx_sha256": hashlib.sha256(onnx).hexdigest(), "compiled_sha256": Compiled(source).digest}
    engines = [open_engine(name, folder, described).predict for name in ("compiled", "onnx")]
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    output = [session.get_outputs()[-1].name]
    return [*engines, lambda rows: session.run(output, {"X": np.frombuffer(rows, np.float32).reshape(-1, WIDTH)})]


def _timed(calls: list[Callable[[bytes], Any]], rows: Any, size: int) -> list[float]:
    portions = [rows[start : start + size].tobytes() for start in range(0, ROWS - size, max(size, 10))]

    def once(call: Callable[[bytes], Any]) -> float:
        return seconds_of(lambda: [call(portion) for portion in portions]) / len(portions) * 1e6

    turns = [[once(call) for call in calls] for _ in range(TURNS)]
    return [min(column) for column in zip(*turns, strict=True)]


def tell_cold_starts(scratch: Path) -> None:
    """Milliseconds from the start of a process to its first reply; each kind of function in turn, every round."""
    tasks = _tasks(scratch)
    site, clock = runtime_folder(scratch / "site"), scratch / "clock"
    clock.write_bytes(bytes(8))
    record = json.loads((tasks[COMPILED] / "model" / "records.json").read_text())[0]
    body = json.dumps({"records": [record]})
    event = {"version": "2.0", "requestContext": {"http": {"method": "POST", "path": "/"}}, "body": body}
    payload = json.dumps({**event, "isBase64Encoded": False}).encode()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for round_ in range(ROUNDS + 1):
        for name, task in tasks.items():
            took = _first_reply(_environment(task, site, clock), payload)
            seconds[name] += [took] * bool(round_)  # the first round fills the file system's cache
    print(f"  process to first reply, ms: median and best of {ROUNDS}, {len(payload)} bytes of event")
    for name, values in seconds.items():
        print(f"  {statistics.median(values) * 1e3:10.1f}{min(values) * 1e3:10.1f}  {name}")
    for name in (COMPILED, ONNX):
        limit = COLD_LIMIT if name == COMPILED else None
        ratio(f"{name} / {EMPTY}, medians", statistics.median(seconds[name]) / statistics.median(seconds[EMPTY]), limit)
        ratio(f"{name} / {EMPTY}, best", min(seconds[name]) / min(seconds[EMPTY]))


def _tasks(scratch: Path) -> dict[str, Path]:
    """Each unit's zip, unpacked as Lambda does, with the release that its engine needs."""
    files = compile_spec(load_spec(SPEC), {}).files
    units = {path: content for path, content in files.items() if path.startswith(("code/inference", "code/inference-"))}
    empty = b"def handler(event, context):\n    return {'statusCode': 200, 'body': event['body']}\n"
    units |= {"code/empty/handler.py": empty, "code/empty/requirements.txt": b""}
    for package in build_packages(Bundle(units), scratch / "build", where=Platform.local()):
        print(f"  {package.zipped / 1024:10.0f} KiB zipped, {package.unpacked / 1024:.0f} unpacked: {package.unit}")
    tasks = {name: scratch / "tasks" / unit for name, unit in UNITS.items()}
    for name, task in tasks.items():
        with zipfile.ZipFile(scratch / "build" / "packages" / f"{UNITS[name]}.zip") as archive:
            archive.extractall(task)
    write_release(tasks[ONNX] / "model", load_spec(SPEC).spec.features)
    _write_compiled(tasks[ONNX] / "model", tasks[COMPILED] / "model")
    return tasks


def _write_compiled(release: Path, compiled: Path) -> None:
    """The same release as plain Python, as the rollout lays it."""
    source = compiled_source((release / "model.onnx").read_bytes(), several=False)
    compiled.mkdir()
    described = {**json.loads((release / "model.json").read_text()), "compiled_sha256": Compiled(source).digest}
    files = {FILE: source.encode(), "model.json": json.dumps(described).encode()}
    files |= {"release.json": json.dumps({"engine": {"name": "compiled"}}).encode()}
    files |= {name: (release / name).read_bytes() for name in ("profile.json", "records.json")}
    for name, content in {**files, **bytecode_of({FILE: source.encode()})}.items():
        (compiled / name).parent.mkdir(exist_ok=True)
        (compiled / name).write_bytes(content)


def _environment(task: Path, site: Path, clock: Path) -> Environment:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{task.name}"
    variables = {"MLSPEC_MODEL": "flight-delay", "MLSPEC_ENVIRONMENT": "dev"}
    return Environment(task.name, "1", "handler.handler", arn, task, site, clock, variables, timeout=30.0, memory=1024)


def _first_reply(environment: Environment, payload: bytes) -> float:
    worker = Worker(environment)
    try:
        answers: list[Any] = []
        took = seconds_of(lambda: answers.append(worker.invoke(payload)))
        if json.loads(answers[0].payload).get("statusCode") != 200:
            raise SystemExit(f"the function answered {answers[0].payload[:500]!r}")
        return took
    finally:
        worker.close()


if __name__ == "__main__":
    main()
