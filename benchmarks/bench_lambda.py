"""Cold start and warm invokes of the packaged function under AWS's own runtime client, beside functions that do less.

The peers are zips of the same packaging, with the same wheels and .pyc files: one that imports NumPy and ONNX Runtime,
opens the same model and runs it on numbers that come ready, and one that does nothing at all."""

import json
import os
import statistics
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from release import write_release
from timing import MIB, percentile, ratio, seconds_of, verdict

from mlspec.compiler.bundle import Bundle
from mlspec.specs.load import load_spec
from mlspec.targets.aws.compile import compile_spec
from mlspec.targets.local.cloud.lambda_site import runtime_folder
from mlspec.targets.local.cloud.lambda_worker import Environment, Outcome, Worker
from mlspec.targets.packaging import Platform, build_packages

SPEC = Path(__file__).resolve().parents[1] / "examples" / "flight-delay" / "flight-delay.yaml"
ROUNDS = int(os.environ.get("ROUNDS", "11"))
WARM = 200
UNPACKED_LIMIT = 200 * MIB
COLD_LIMIT = 1.2
OURS, RAW, EMPTY = "mlspec's inference unit", "NumPy + ONNX Runtime, same model", "a handler that does nothing"
HEAVY = {"pandas", "sklearn", "boto3"}

_RAW = """
import json, numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("model/model.onnx", options, providers=["CPUExecutionProvider"])
name, outputs = session.get_inputs()[0].name, [session.get_outputs()[-1].name]
def handler(event, context):
    matrix = numpy.array(json.loads(event["body"])["matrix"], numpy.float32)
    return {"statusCode": 200, "body": json.dumps(session.run(outputs, {name: matrix})[0].tolist())}
"""
_EMPTY = """
def handler(event, context):
    return {"statusCode": 200, "body": event["body"]}
"""
# The same handler, and beside it a look at what the process had imported before it answered, and had after.
_SPY = """
import sys
import handler as shipped
def modules():
    return sorted({name.split(".")[0] for name in sys.modules})
def handler(event, context):
    before = modules()
    answer = shipped.handler(event, context)
    return {"statusCode": answer["statusCode"], "before": before, "after": modules()}
"""


def main() -> None:
    """Print sizes, what is imported, cold and warm figures, and their ratios."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bundle = compile_spec(load_spec(SPEC), {})
        tell_sizes(bundle, folder / "build")
        tasks = unpacked(folder / "build", folder / "tasks")
        site, clock = runtime_folder(folder / "site"), folder / "clock"
        clock.write_bytes(bytes(8))
        events = _events(tasks[OURS] / "model")
        tell_imports(_environment(tasks[OURS], site, clock, handler="spy.handler"), events[OURS])
        environments = {name: _environment(task, site, clock) for name, task in tasks.items()}
        tell_times(*measure(environments, events))


def tell_sizes(bundle: Bundle, build: Path) -> None:
    """Build the zips, for this machine with the peers' and for Lambda; print how large the unit's are."""
    unit = {path: content for path, content in bundle.files.items() if path.startswith("code/inference/")}
    peers = {
        "code/raw/handler.py": _RAW.encode(),
        "code/raw/requirements.txt": unit["code/inference/requirements.txt"],
        "code/empty/handler.py": _EMPTY.encode(),
    }
    lock = {"mlspec.lock": bundle.files["mlspec.lock"]}
    here = build_packages(Bundle(unit | peers), build / "here", where=Platform.local())
    there = build_packages(Bundle(unit | lock), build / "lambda")
    named = {package.unit: package for package in here}
    for place, package in (("for this machine", named["inference"]), ("for Lambda", there[0])):
        note = f"; {package.note}" if package.note else ""
        print(f"  {package.zipped / MIB:7.1f} MiB zipped, {package.unpacked / MIB:.1f} unpacked {place}"
              f" (to stay under: 200 unpacked) {verdict(package.unpacked < UNPACKED_LIMIT)}{note}")  # fmt: skip


def unpacked(build: Path, tasks: Path) -> dict[str, Path]:
    """A folder for each function, as Lambda lays them out; the release is the same for all that have one."""
    folders = {OURS: tasks / "inference", RAW: tasks / "raw", EMPTY: tasks / "empty"}
    for folder in folders.values():
        with zipfile.ZipFile(build / "here" / "packages" / f"{folder.name}.zip") as archive:
            archive.extractall(folder)
    write_release(folders[OURS] / "model", load_spec(SPEC).spec.features)
    (folders[RAW] / "model").symlink_to(folders[OURS] / "model")
    (folders[OURS] / "spy.py").write_text(_SPY)
    return folders


def tell_imports(environment: Environment, event: Mapping[str, Any]) -> None:
    """Print which of the heavy packages are loaded before and after the first prediction: none should be."""
    worker = Worker(environment)
    try:
        seen = _answer(worker.invoke(json.dumps(event).encode()))
    finally:
        worker.close()
    for when in ("before", "after"):
        found = sorted(HEAVY & set(seen[when]))
        told = f"{', '.join(found) or 'none'} of pandas, scikit-learn, boto3 {verdict(not found)}"
        print(f"  {len(seen[when]):7} modules imported {when} the first prediction, {told}")


def measure(
    environments: Mapping[str, Environment], events: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds from process to first reply, and of each warm invoke; a new process of each function every round."""
    cold: dict[str, list[float]] = {name: [] for name in environments}
    warm: dict[str, list[float]] = {name: [] for name in environments}
    for round_ in range(ROUNDS + 1):
        for name, environment in environments.items():
            first, later = _one_process(environment, json.dumps(events[name]).encode())
            if round_:  # the first round fills the file system's cache
                cold[name].append(first)
                warm[name] += later
    return cold, warm


def _one_process(environment: Environment, payload: bytes) -> tuple[float, list[float]]:
    """Seconds from the start of a process to its first reply, and of each invoke after it."""
    worker = Worker(environment)
    try:
        first = seconds_of(lambda: _answer(worker.invoke(payload)))
        return first, [seconds_of(lambda: worker.invoke(payload)) for _ in range(WARM)]
    finally:
        worker.close()


def tell_times(cold: Mapping[str, list[float]], warm: Mapping[str, list[float]]) -> None:
    """Print the table and the ratios."""
    print(
        f"  process to first reply: median of {ROUNDS}; warm invoke of one row, over the Runtime API: {len(warm[OURS])}"
    )
    print(f"  {'cold ms':>10}{'warm p50 ms':>13}{'warm p99 ms':>13}")
    for name in cold:
        median, half, most = statistics.median(cold[name]), percentile(warm[name], 0.5), percentile(warm[name], 0.99)
        print(f"  {median * 1e3:10.1f}{half * 1e3:13.3f}{most * 1e3:13.3f}  {name}")
    ratio("cold start / raw peer's", statistics.median(cold[OURS]) / statistics.median(cold[RAW]), COLD_LIMIT)
    ratio("warm p50 / raw peer's", percentile(warm[OURS], 0.5) / percentile(warm[RAW], 0.5))
    ratio("warm p50 / that of a handler that does nothing", percentile(warm[OURS], 0.5) / percentile(warm[EMPTY], 0.5))


def _events(model: Path) -> dict[str, dict[str, Any]]:
    """One row for each: records for ours, numbers for the peers."""
    record = json.loads((model / "records.json").read_text())[0]
    url = {"version": "2.0", "requestContext": {"http": {"method": "POST", "path": "/"}}, "isBase64Encoded": False}
    numbers = {**url, "body": json.dumps({"matrix": [[1.0] * len(record)]})}
    return {OURS: {**url, "body": json.dumps({"records": [record]})}, RAW: numbers, EMPTY: numbers}


def _environment(task: Path, site: Path, clock: Path, *, handler: str = "handler.handler") -> Environment:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{task.name}"
    variables = {"MLSPEC_MODEL": "flight-delay", "MLSPEC_ENVIRONMENT": "dev"}
    return Environment(task.name, "1", handler, arn, task, site, clock, variables, timeout=30.0, memory=1024)


def _answer(outcome: Outcome) -> dict[str, Any]:
    """The decoded answer; the benchmark ends where it is not a prediction."""
    answer: dict[str, Any] = json.loads(outcome.payload)
    if outcome.error or answer.get("statusCode") != 200:
        raise SystemExit(f"the function answered {outcome.payload[:500]!r}\n" + "\n".join(outcome.lines))
    return answer


if __name__ == "__main__":
    main()
