"""One training container without a container: SageMaker's folder layout in a scratch folder, the entry point in it."""

import contextlib
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from mlspec.targets.local.cloud.process_clock import clock_folder
from mlspec.targets.local.cloud.world import World

_END_SECONDS = 30.0  # until what was killed has gone and its folder with it
_GRACE_SECONDS = 3.0  # between SIGTERM and SIGKILL; SageMaker gives 120


@dataclass(frozen=True)
class Result:
    """How a job ended, in SageMaker's words (`status`, `secondary`), why it failed, and its log."""

    status: str
    secondary: str
    reason: str
    lines: tuple[str, ...]


class Container:
    """Runs one of moto's training jobs once; `stop` and `kill` end it, before it has begun too."""

    def __init__(self, world: World, job: Any) -> None:
        self._world = world
        self._job = job
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def run(self) -> Result:
        """Lay out the folders, run the entry point, bring the model back."""
        base = Path(tempfile.mkdtemp(prefix="job-", dir=self._world.directory))
        try:
            self._lay_out(base)
            return self._judged(base, *self._execute(base))
        finally:
            shutil.rmtree(base, ignore_errors=True)
            self._ended.set()

    def stop(self) -> None:
        """Ask the processes to end, as StopTrainingJob does; what does not listen is killed."""
        self._stopped = True
        self._signal(signal.SIGTERM)
        late = threading.Timer(_GRACE_SECONDS, lambda: self._signal(signal.SIGKILL))
        late.daemon = True
        late.start()

    def kill(self) -> None:
        """End the processes at once, and return when nothing of the job is left."""
        self._stopped = True
        self._signal(signal.SIGKILL)
        self._ended.wait(_END_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        """To the whole group: a container ends with all that runs in it."""
        with self._lock:
            if self._process is not None and not self._ended.is_set():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, number)

    def _judged(self, base: Path, code: int | None, lines: tuple[str, ...], timed_out: bool) -> Result:
        """What SageMaker says of an ended container; a job that was ended keeps the model it has so far."""
        if timed_out or self._stopped:
            if any((base / "model").iterdir()):
                self._upload(base)
            return Result("Stopped", "MaxRuntimeExceeded" if timed_out else "Stopped", "", lines)
        if code:
            return Result("Failed", "Failed", _reason(base, code), lines)
        self._upload(base)
        return Result("Completed", "Completed", "", lines)

    def _lay_out(self, base: Path) -> None:
        for folder in ("input/config", "input/data", "model", "output/data", "checkpoints", "code"):
            (base / folder).mkdir(parents=True)
        job = self._job
        config = {
            "hyperparameters.json": job.hyper_parameters or {},
            "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"},
            "inputdataconfig.json": {c["ChannelName"]: c for c in job.input_data_config or []},
        }
        for name, content in config.items():
            (base / "input/config" / name).write_text(json.dumps(content))
        for channel in job.input_data_config or []:
            self._fetch(channel, base / "input/data" / channel["ChannelName"])

    def _fetch(self, channel: Mapping[str, Any], folder: Path) -> None:
        """Every object whose key begins with the channel's prefix, by its path behind the prefix's last folder."""
        folder.mkdir()
        place = urlparse(channel["DataSource"]["S3DataSource"]["S3Uri"])
        prefix = place.path.lstrip("/")
        s3 = self._world.client("s3")
        found = False
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=prefix):
            for entry in page.get("Contents", []):
                found = True
                target = folder / entry["Key"][len(prefix.rpartition("/")[0]) :].lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(s3.get_object(Bucket=place.netloc, Key=entry["Key"])["Body"].read())
        if not found:
            raise RuntimeError(f"no S3 objects found under {place.geturl()} for channel {channel['ChannelName']}")

    def _execute(self, base: Path) -> tuple[int | None, tuple[str, ...], bool]:
        """The entry point's exit code (None when it was stopped before), its log, and whether its time was up."""
        with self._lock:
            if self._stopped:
                return None, (), False
            self._process = process = self._started(base)
        timed_out = False
        try:
            code = process.wait(float((self._job.stopping_condition or {}).get("MaxRuntimeInSeconds", 86400)))
        except subprocess.TimeoutExpired:
            timed_out = True
            code = self._overdue(process)
        self._signal(signal.SIGKILL)  # what the entry point left behind
        return code, tuple((base / "log").read_text(errors="replace").splitlines()), timed_out

    def _started(self, base: Path) -> "subprocess.Popen[bytes]":
        specification = self._job.algorithm_specification
        command = [*specification.get("ContainerEntrypoint", []), *specification.get("ContainerArguments", [])]
        with (base / "log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=base / "code", env=self._variables(base), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _overdue(self, process: "subprocess.Popen[bytes]") -> int:
        self._signal(signal.SIGTERM)
        try:
            return process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            return process.wait()

    def _variables(self, base: Path) -> dict[str, str]:
        """The environment of a training container; `python3` is this interpreter."""
        own = Path(sys.executable).parent
        channels = {
            f"SM_CHANNEL_{c['ChannelName'].upper()}": str(base / "input/data" / c["ChannelName"])
            for c in self._job.input_data_config or []
        }
        return {
            "PATH": f"{own}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(clock_folder(self._world)),
            "LANG": "C.UTF-8",
            "HOME": str(base),
            "SAGEMAKER_BASE_DIR": str(base),
            "SM_MODEL_DIR": str(base / "model"),
            "SM_OUTPUT_DATA_DIR": str(base / "output/data"),
            "SM_HPS": json.dumps(self._job.hyper_parameters or {}),
            "TRAINING_JOB_NAME": self._job.training_job_name,
            "TRAINING_JOB_ARN": self._job.arn,
            "AWS_REGION": self._world.region,
            **channels,
        }

    def _upload(self, base: Path) -> None:
        place = urlparse(self._job.model_artifacts["S3ModelArtifacts"])
        encryption = (self._job.output_data_config or {}).get("KmsKeyId")
        extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption} if encryption else {}
        self._world.client("s3").put_object(
            Bucket=place.netloc, Key=place.path.lstrip("/"), Body=pack(base / "model"), **extra
        )


def pack(folder: Path) -> bytes:
    """The folder's files as a .tar.gz that depends on names and contents alone."""
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for path in _files(folder):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                archive.addfile(entry, content)
    return held.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))


def _reason(base: Path, code: int) -> str:
    written = base / "output" / "failure"
    if written.exists():
        return f"AlgorithmError: {written.read_text(errors='replace').strip()}"
    return f"AlgorithmError: the container ended with exit code {code}"
