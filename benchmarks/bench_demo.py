"""The stages of the example's loop, each beside a limit run in the same go: the least that such a stage could take.

The spec is the example's own, with rows made from a seed; every command is a whole process, as a user runs it."""

import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from rows import END, table
from timing import process, processes, seconds_of

from mlspec.cli.deployed import deployment_of
from mlspec.cli.project import Project
from mlspec.targets.aws.deployment import Deployment
from mlspec.targets.packaging import Platform, build_packages

HERE = Path(__file__).resolve().parent
SPEC = HERE.parent / "examples" / "flight-delay" / "flight-delay.yaml"
ROWS, DAYS = 20_000, 130
ROUNDS = int(os.environ.get("ROUNDS", "3"))
LOOPS = int(os.environ.get("LOOPS", "2"))
REQUESTS, BATCH = 200, 1000

_FIT = """
import sys, polars
from sklearn.ensemble import HistGradientBoostingClassifier
from skl2onnx import to_onnx
rows = polars.read_parquet(sys.argv[1])
inputs = rows.select(polars.col(sys.argv[2].split(",")).to_physical()).cast(polars.Float32).to_numpy()
model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.06, random_state=7).fit(inputs, rows["late"])
to_onnx(model, inputs[:1], options={id(model): {"zipmap": False}})
"""


@dataclass
class Stages:
    """Seconds of each stage and of its limit, over the rounds."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    limits: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, stage: str, seconds: float, limits: Mapping[str, float]) -> None:
        """One round of a stage, and of what stands beside it."""
        self.seconds.setdefault(stage, []).append(seconds)
        for limit, least in limits.items():
            self.limits.setdefault(stage, {}).setdefault(limit, []).append(least)

    def tell(self) -> None:
        """A line a stage: medians, and the stage in units of its limit."""
        print(f"  {'stage ms':>10}{'limit ms':>10}{'ratio':>8}  stage / limit")
        for stage, values in self.seconds.items():
            own = statistics.median(values)
            for limit, rounds in self.limits[stage].items():
                least = statistics.median(rounds)
                print(f"  {own * 1e3:10.1f}{least * 1e3:10.1f}{own / least:8.1f}  {stage} / {limit}", flush=True)


class Loop:
    """The example in a folder of its own, on a mocked cloud of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.spec = Path(shutil.copy(SPEC, folder))
        self.columns = Project(self.spec).checked.spec.data.columns
        self.rows = table(self.columns, ROWS, end=END, days=DAYS)
        self.rows.write_parquet(folder / "rows.parquet")

    def words(self, *words: str) -> list[str]:
        """A command of mlspec's, as a process."""
        return [sys.executable, "-m", "mlspec.cli", *words]

    def command(self, name: str, *more: str) -> float:
        """Seconds of one command on the spec."""
        return process(self.words(name, str(self.spec), *more))

    @cached_property
    def project(self) -> Project:
        return Project(self.spec)

    @property
    def deployment(self) -> Deployment:
        return deployment_of(self.project)


def python(code: str, *arguments: str) -> list[str]:
    """A process that runs `code`."""
    return [sys.executable, "-c", code, *arguments]


def compiling(loop: Loop, stages: Stages) -> None:
    """`mlspec compile`, cold and cached, beside the imports it cannot do without."""
    command = loop.words("compile", str(loop.spec))
    cold, cached, least, click = (
        "compile, cold",
        "compile, cached",
        "import of click, yaml and pydantic",
        "import of click",
    )
    commands = {
        cold: command,
        cached: command,
        least: python("import click, yaml; from pydantic import BaseModel"),
        click: python("import click"),
    }
    forget = {cold: lambda: shutil.rmtree(loop.project.home / "cache", ignore_errors=True)}
    figures = processes(commands, rounds=ROUNDS, before=forget)
    stages.add(cold, figures[cold], {least: figures[least]})
    stages.add(cached, figures[cached], {click: figures[click]})


def packaging(loop: Loop, stages: Stages) -> None:
    """All zips from a cache that has them, beside copying and digesting the same bytes."""
    build = loop.folder / "build"
    zips = [package.path for package in build_packages(loop.project.bundle, build, where=Platform.local())]
    copy = loop.folder / "copy.zip"
    for _ in range(ROUNDS):
        own = seconds_of(lambda: build_packages(loop.project.bundle, build, where=Platform.local()))
        least = seconds_of(lambda: [hashlib.sha256(shutil.copyfile(path, copy).read_bytes()) for path in zips])
        stages.add("package, warm cache", own, {"copy and digest of the same zips": least})


def deploying(loop: Loop, stages: Stages) -> None:
    """A mocked cloud, an apply of everything, and one of nothing."""
    start = process(loop.words("local", "start", str(loop.spec), "--at", f"{END:%Y-%m-%d}"))
    servers = process(python("import moto.server, boto3, time_machine"))
    stages.add("start of the mocked cloud", start, {"import of moto and boto3": servers})
    used = _classes(loop)
    classes = process(python("import pulumi_aws as aws\n" + "\n".join(used)))
    own = loop.command("apply", "--auto-approve")
    made = len(json.loads(loop.project.bundle.files["graph.json"])["resources"])
    raw = process(raw_calls(loop, "create"))
    limits = {f"import of {len(used)} pulumi_aws classes": classes, "boto3 making most of them": raw}
    stages.add(f"apply of {made} resources", own, limits)
    nothing = loop.command("apply", "--auto-approve")
    stages.add("apply, no changes", nothing, {"import of click": process(python("import click"))})


def _classes(loop: Loop) -> list[str]:
    """The classes of pulumi_aws that the emitted program uses: naming one imports its service."""
    document = json.loads(loop.project.bundle.files["graph.json"])
    modules = {"lambda": "lambda_"}
    tokens = {tuple(resource["type"].split(":")) for resource in document["resources"]}
    services = {(token[1].split("/")[0], token[2]) for token in tokens}
    return sorted(f"aws.{modules.get(service, service)}.{name}" for service, name in services)


def raw_calls(loop: Loop, action: str) -> list[str]:
    """Plain boto3 calls against the same mocked cloud, as a process."""
    packages = loop.project.home / "bundle" / loop.project.stack / "packages"
    return [sys.executable, str(HERE / "raw_calls.py"), loop.project.cloud().endpoint, action, str(packages)]


def training(loop: Loop, stages: Stages) -> None:
    """The first run of the workflow, beside reading, fitting and converting the same rows with nothing around it."""
    rows = loop.folder / "rows.parquet"
    process(loop.words("local", "put", str(rows), "s3://lake/flights/", str(loop.spec)))
    own = loop.command("run")
    features = loop.rows.select([name for name, column in loop.columns.items() if column.role == "feature"])
    numbers = features.with_columns(features.select(_codes(loop, features.columns)))
    numbers.with_columns(late=loop.rows["late"]).write_parquet(loop.folder / "numbers.parquet")
    fit = process(python(_FIT, str(loop.folder / "numbers.parquet"), ",".join(features.columns)))
    stages.add("first workflow run", own, {"scikit-learn fit and ONNX conversion alone": fit})


def _codes(loop: Loop, names: Sequence[str]) -> list[Any]:
    import polars as pl

    known = {name: loop.columns[name].values for name in names if loop.columns[name].type == "category"}
    return [pl.col(name).replace_strict({v: n for n, v in enumerate(values)}) for name, values in known.items()]


def predicting(loop: Loop, stages: Stages) -> None:
    """Requests through the deployed function, beside the cloud's cheapest call and the released model alone."""
    deployment = loop.deployment
    hidden = [name for name, column in loop.columns.items() if column.role != "feature"]
    records = loop.rows.drop(hidden).head(BATCH).to_dicts()
    one, many = (json.dumps({"records": records[:count]}).encode() for count in (1, BATCH))
    model, identity = _released(deployment), loop.project.cloud().client("sts")
    _ask(deployment, one)
    limits = {
        f"{REQUESTS} of the cloud's cheapest calls": seconds_of(
            lambda: [identity.get_caller_identity() for _ in range(REQUESTS)]
        ),
        "raw ONNX Runtime": seconds_of(lambda: [model(1) for _ in range(REQUESTS)]),
    }
    own = seconds_of(lambda: [_ask(deployment, one) for _ in range(REQUESTS)])
    stages.add(f"{REQUESTS} predictions of 1 row", own, limits)
    batch = seconds_of(lambda: _ask(deployment, many))
    stages.add(f"1 prediction of {BATCH:,} rows", batch, {"raw ONNX Runtime": seconds_of(lambda: model(BATCH))})


def _released(deployment: Deployment) -> Callable[[int], Any]:
    """The champion's model in a bare session."""
    champion = deployment.champion()
    assert champion
    options = SessionOptions()
    options.intra_op_num_threads = 1
    content = deployment.file(f"releases/{champion['release']}/model/model.onnx")
    session = InferenceSession(content, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    rows = np.random.default_rng(0).uniform(0, 10, (BATCH, source.shape[1])).astype(np.float32)
    return lambda count: session.run(None, {source.name: rows[:count]})


def _ask(deployment: Deployment, body: bytes) -> None:
    status, answer = deployment.predict(body)
    if status != 200:
        raise SystemExit(f"the deployed function answered {status}: {answer}")


def destroying(loop: Loop, stages: Stages) -> None:
    """Everything deleted, beside boto3 deleting what it made."""
    raw = process(raw_calls(loop, "delete"))
    own = loop.command("destroy", "--auto-approve")
    stages.add("destroy", own, {"boto3 deleting what it made": raw})


def main() -> None:
    """Go through the loop, each time on a fresh cloud, and print a table."""
    stages = Stages()
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(LOOPS):
            loop = Loop(Path(scratch) / f"loop-{number}")
            try:
                for part in (compiling, packaging, deploying, training, predicting, destroying):
                    part(loop, stages)
            finally:
                process(loop.words("local", "stop", str(loop.spec)))
    print(f"{LOOPS} loops over {ROWS:,} rows, medians")
    stages.tell()


if __name__ == "__main__":
    main()
