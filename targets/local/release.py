"""A spec's data trained into a release on this machine, by the training job itself, in SageMaker's folders; kept."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlspec.compiler.bundle import digest_of
from mlspec.compiler.units.training import training_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.aws.inputs import local_files

_FOLDERS = ("input/config", "input/data/data", "model", "output/data", "code")


@dataclass(frozen=True)
class LocalTraining:
    """What to train: `folder` is the spec's own, `home` its `.mlspec`; `data` holds the rows, where the spec's are on
    S3; `now` is the time of the training, which the spec's windows count back from (None: the present)."""

    checked: Checked
    folder: Path
    home: Path
    data: Path | None = None
    now: datetime | None = None


def local_release(training: LocalTraining, say: Callable[[str], None] = lambda text: None) -> Path:
    """The folder of a release (model.onnx, model.json, profile.json, evaluation.json, release.json).

    The same code on the same rows is trained once. Raises SpecError where there are no rows, or training fails."""
    files = _rows(training)
    code = unit_files(training_unit(training.checked))
    key = _key(training, code, files)
    kept = training.home / "serve" / key / "model"
    if not kept.is_dir():
        kept.parent.parent.mkdir(parents=True, exist_ok=True)
        base = Path(tempfile.mkdtemp(prefix="training-", dir=kept.parent.parent))
        try:
            _lay_out(base, training, code, files)
            _train(base, say)
            _record(base / "model")
            _keep(base, kept)
        finally:
            shutil.rmtree(base, ignore_errors=True)
    return kept


def _rows(training: LocalTraining) -> dict[str, Path]:
    source = training.checked.spec.data.source
    uri = str(training.data.resolve()) if training.data else source.uri
    files = local_files(uri, source.format, training.folder)
    if not files:
        message = f"there are no rows here to train on: {uri}"
        hint = "give their folder with --data, a release with --model, or deploy it: mlspec apply, then mlspec run"
        raise SpecError([Diagnostic("ML840", message, path="data.source.uri", hint=hint)])
    return files


def _key(training: LocalTraining, code: dict[str, bytes], files: dict[str, Path]) -> str:
    """A digest of all that the release depends on; the present counts by its day, and only where a window does."""
    digest = hashlib.sha256(digest_of(code).encode())
    for name, path in sorted(files.items()):
        with path.open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    if training.now is not None:
        digest.update(training.now.isoformat().encode())
    elif training.checked.spec.data.window is not None:
        digest.update(_now(training).date().isoformat().encode())
    return digest.hexdigest()[:16]


def _now(training: LocalTraining) -> datetime:
    return training.now or datetime.now(UTC)


def _lay_out(base: Path, training: LocalTraining, code: dict[str, bytes], files: dict[str, Path]) -> None:
    for folder in _FOLDERS:
        (base / folder).mkdir(parents=True)
    for name, content in code.items():
        (base / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (base / "code" / name).write_bytes(content)
    for name, path in files.items():
        target = base / "input/data/data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path.resolve())
    now = _now(training)
    told = {"release": f"{now:%Y%m%d%H%M%S}-local", "now": now.isoformat(), "champion": ""}
    (base / "input/config/hyperparameters.json").write_text(json.dumps(told))


def _train(base: Path, say: Callable[[str], None]) -> None:
    """Run the job in a process of its own and pass on what it says; raises SpecError with the reason it wrote."""
    command = [sys.executable, "main.py"]
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    with _process(command, base / "code", environment) as process:
        assert process.stdout is not None
        lines = [line.rstrip("\n") for line in _told(process.stdout, say)]
        code = process.wait()
    if code:
        failure = base / "output/failure"
        reason = failure.read_text(errors="replace") if failure.is_file() else "\n".join(lines[-3:])
        raise SpecError([Diagnostic("ML841", f"the training failed: {reason.strip()}", path="training")])


@contextlib.contextmanager
def _process(command: list[str], folder: Path, environment: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    """Ended with this block, however it ends."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _told(lines: Any, say: Callable[[str], None]) -> Iterator[str]:
    for line in lines:
        say(line.rstrip())
        yield line


def _record(model: Path) -> None:
    """What the gates and the rollout would have written: which engine answers, and why."""
    release = json.loads((model / "model.json").read_text())["release"]
    engines = json.loads((model / "evaluation.json").read_text()).get("engines", {})
    engine = {"name": engines.get("chosen", "onnx"), "why": engines.get("why", "no other was measured")}
    (model / "release.json").write_text(json.dumps({"release": release, "engine": engine}) + "\n")


def _keep(base: Path, kept: Path) -> None:
    """Put the release in its place at once; who was quicker has put the same there."""
    shutil.rmtree(base / "code")
    shutil.rmtree(base / "input")
    with contextlib.suppress(OSError):
        base.rename(kept.parent)


def champion_release(client: Callable[[str], Any], bucket: str, home: Path) -> Path | None:
    """The folder of the release that serves in the stack whose store is `bucket`; None before the first."""
    s3 = client("s3")
    try:
        champion = json.loads(s3.get_object(Bucket=bucket, Key="champion.json")["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None
    release = str(champion["release"])
    folder = home / "serve" / f"{bucket}-{release}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        fetched = Path(tempfile.mkdtemp(prefix="release-", dir=folder.parent))
        _fetch(s3, bucket, f"releases/{release}/", fetched)
        with contextlib.suppress(OSError):
            fetched.rename(folder)
    return folder


def _fetch(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}model/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    for key in [*keys, f"{prefix}release.json"]:
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        (folder / key.rpartition("/")[2]).write_bytes(content)
