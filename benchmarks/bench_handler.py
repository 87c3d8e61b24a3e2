"""The inference handler's own work beside ONNX Runtime's, for the same rows in the same run.

Own work is all of a request but the model: reading the event, decoding, checking, laying out, counting for drift,
encoding, and the two log lines that fall due every 100 requests or 256 rows."""

import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from release import write_release
from timing import verdict

from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.serving import Service
from mlspec.specs.load import load_spec

FLIGHTS = Path(__file__).parents[1] / "examples" / "flight-delay" / "flight-delay.yaml"
ROUNDS = 7
LIMIT = 3.0


def wide_spec(folder: Path) -> Path:
    """A spec of 30 features, a third of them nullable, two of them categories."""
    columns = [f"    f{at}: {{type: float, min: -9, max: 9{', nullable: true' * (at % 3 == 0)}}}" for at in range(28)]
    columns += [f"    c{at}: {{type: category, values: [a, b, c, d, e, f]}}" for at in range(2)]
    columns += ["    late: {type: bool, role: label}"]
    path = folder / "wide.yaml"
    path.write_text(
        "apiVersion: mlspec/v1\nname: wide\nowner: a@example.com\n"
        + "data:\n  source: {uri: 's3://lake/wide/'}\n  columns:\n"
        + "\n".join(columns)
        + "\ntraining:\n  estimator: {_target_: sklearn.ensemble.HistGradientBoostingClassifier}\n"
    )
    return path


def build(spec: Path, folder: Path) -> ModuleType:
    """The unit of a spec with a release trained on random rows; its generated contract."""
    checked = load_spec(spec)
    for path, content in unit_files(inference_unit(checked)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    write_release(folder / "model", checked.spec.features)
    found = importlib.util.spec_from_file_location(f"contract_{folder.name}", folder / "contract.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


def per_call(function: Callable[[], Any], calls: int) -> float:
    """Microseconds of one call, the log going nowhere."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls * 1e6


def raw_model(folder: Path, matrix: Any) -> Callable[[], Any]:
    """ONNX Runtime alone: one call of a session on one thread, its input ready."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(folder / "model" / "model.onnx", options, providers=["CPUExecutionProvider"])
    inputs, outputs = {session.get_inputs()[0].name: matrix}, [session.get_outputs()[-1].name]
    return lambda: session.run(outputs, inputs)


def measure(contract: ModuleType, folder: Path, batch: int) -> tuple[float, float]:
    """Microseconds of one request, and of the model alone on the same rows; the best of alternating rounds."""
    records = json.loads((folder / "model" / "records.json").read_text())[:batch]
    event = {"requestContext": {}, "body": json.dumps({"records": records}), "isBase64Encoded": False}
    service = Service(contract, folder / "model", {})
    typed = contract.decode(event["body"]).records
    matrix = np.frombuffer(contract.assemble(typed), np.float32).reshape(batch, -1)
    raw = raw_model(folder, matrix)
    if service(event, None)["statusCode"] != 200:
        raise SystemExit("the service refuses the benchmark's own rows")
    calls = max(100, 6000 // batch)
    rounds = [(per_call(lambda: service(event, None), calls), per_call(raw, calls)) for _ in range(ROUNDS)]
    return min(whole for whole, _ in rounds), min(model for _, model in rounds)


def main() -> None:
    """Print a table: microseconds a request, of it the model, own work, and own work in units of the model's."""
    log = sys.stdout
    log.write(
        f"{'model':14}{'rows':>6}{'request us':>12}{'model us':>10}{'own us':>9}{'own / model':>13}"
        f"  (to reach: at most {LIMIT:g})\n"
    )
    with tempfile.TemporaryDirectory() as name, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        for spec in (FLIGHTS, wide_spec(Path(name))):
            folder = Path(name) / spec.stem
            contract = build(spec, folder)
            for batch in (1, 64, 512):
                whole, model = measure(contract, folder, batch)
                own = whole - model
                figures = f"{whole:12.1f}{model:10.1f}{own:9.1f}{own / model:13.2f}"
                log.write(f"{spec.stem:14}{batch:6}{figures}  {verdict(own <= LIMIT * model)}\n")


if __name__ == "__main__":
    main()
