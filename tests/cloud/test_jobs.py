"""Training jobs: the container's contract, how a job ends, and that nothing of it outlives it."""

import io
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.conftest import Desk, gone

WRITES = """
import json, os, pathlib
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
parameters = json.loads((base / "input/config/hyperparameters.json").read_text())
for name in ("b.txt", "a.txt"):
    (base / "model" / name).write_text(parameters["word"] + (base / "input/data/data/deep/rows.csv").read_text())
print("auc=0.5; loss=2")
print("auc=0.75; loss=1e-1")
"""
FAILS = """
import os, pathlib, sys
print("about to fail")
if os.environ["SM_HPS"] == '{"how": "file"}':
    (pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "output/failure").write_text("rows are missing")
sys.exit(3)
"""
# A process that does not listen to SIGTERM, and a child of it that does not either; both ids are written to a file.
STUBBORN = """
import os, signal, subprocess, sys, pathlib, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
place = pathlib.Path(sys.argv[1])
partial = place.with_suffix(".partial")
partial.write_text(f"{os.getpid()} {child.pid}")
partial.rename(place)
(pathlib.Path(os.environ["SM_MODEL_DIR"]) / "half").write_text("half a model")
time.sleep(600)
"""


def start(desk: Desk, name: str, source: str, **settings: Any) -> None:
    s3 = desk.cloud.client("s3")
    s3.create_bucket(Bucket="jobs")
    s3.put_object(Bucket="jobs", Key="data/deep/rows.csv", Body=b"1,2")
    source_of = {"S3DataType": "S3Prefix", "S3Uri": settings.pop("data", "s3://jobs/data/")}
    arguments = {"ContainerArguments": settings.pop("arguments")} if "arguments" in settings else {}
    desk.cloud.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=desk.role,
        AlgorithmSpecification={
            "TrainingInputMode": "File",
            "TrainingImage": "image",
            "ContainerEntrypoint": ["python3", "-c", source],
            "MetricDefinitions": [{"Name": n, "Regex": rf"{n}=([0-9.e-]+)"} for n in ("auc", "loss", "absent")],
            **arguments,
        },
        InputDataConfig=[{"ChannelName": "data", "DataSource": {"S3DataSource": source_of}}],
        OutputDataConfig={"S3OutputPath": "s3://jobs/out/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": settings.pop("longest", 600)},
        HyperParameters=settings.pop("parameters", {"word": "w"}),
    )


def ended(desk: Desk, name: str) -> dict[str, Any]:
    assert desk.cloud.settle(120)
    return dict(desk.cloud.client("sagemaker").describe_training_job(TrainingJobName=name))


def artifact(desk: Desk, name: str) -> bytes:
    return bytes(
        desk.cloud.client("s3").get_object(Bucket="jobs", Key=f"out/{name}/output/model.tar.gz")["Body"].read()
    )


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def all_gone(pids: Path) -> bool:
    """Whether the processes whose ids are in the file have ended; where it is not, they ended before they wrote it."""
    return not pids.exists() or all(gone(int(pid)) for pid in pids.read_text().split())


def test_a_job_completes(desk: Desk) -> None:
    start(desk, "completes", WRITES)
    job = ended(desk, "completes")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://jobs/out/completes/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(artifact(desk, "completes"))) as archive:
        assert archive.getnames() == ["a.txt", "b.txt"]
        held = archive.extractfile("a.txt")
        assert held is not None
        assert held.read() == b"w1,2"
    found = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert found == {"auc": 0.75, "loss": pytest.approx(0.1)}
    events = desk.cloud.client("logs").filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs")["events"]
    assert "auc=0.5; loss=2" in [event["message"] for event in events]


def test_the_same_model_gives_the_same_archive(desk: Desk) -> None:
    for name in ("same-1", "same-2"):
        start(desk, name, WRITES)
        ended(desk, name)
    assert artifact(desk, "same-1") == artifact(desk, "same-2")


@pytest.mark.parametrize(
    ("how", "reason"),
    [("file", "AlgorithmError: rows are missing"), ("code", "AlgorithmError: the container ended with exit code 3")],
)
def test_a_job_fails(desk: Desk, how: str, reason: str) -> None:
    start(desk, f"fails-{how}", FAILS, parameters={"how": how})
    job = ended(desk, f"fails-{how}")
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", reason)


def test_data_that_is_not_there_fails_the_job(desk: Desk) -> None:
    start(desk, "no-data", WRITES, data="s3://jobs/nowhere/")
    job = ended(desk, "no-data")
    assert job["TrainingJobStatus"] == "Failed"
    assert "s3://jobs/nowhere/" in job["FailureReason"]


def test_a_name_is_used_once(desk: Desk) -> None:
    start(desk, "once", WRITES)
    with pytest.raises(desk.cloud.client("sagemaker").exceptions.ClientError, match="must be unique"):
        start(desk, "once", WRITES)
    assert ended(desk, "once")["TrainingJobStatus"] == "Completed"


def test_a_job_that_takes_too_long_ends_with_all_its_processes(desk: Desk, tmp_path: Path) -> None:
    start(desk, "too-long", STUBBORN, arguments=[str(tmp_path / "pids")], longest=1)
    job = ended(desk, "too-long")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    until(lambda: all_gone(tmp_path / "pids"))


def test_a_stopped_job_ends_with_all_its_processes_and_keeps_its_model(desk: Desk, tmp_path: Path) -> None:
    start(desk, "stopped", STUBBORN, arguments=[str(tmp_path / "pids")])
    until((tmp_path / "pids").exists)
    desk.cloud.client("sagemaker").stop_training_job(TrainingJobName="stopped")
    assert ended(desk, "stopped")["TrainingJobStatus"] == "Stopped"
    until(lambda: all_gone(tmp_path / "pids"))
    with tarfile.open(fileobj=io.BytesIO(artifact(desk, "stopped"))) as archive:
        assert archive.getnames() == ["half"]


def test_a_stop_that_comes_at_once_is_not_lost(desk: Desk) -> None:
    start(desk, "at-once", "import time; time.sleep(600)")
    desk.cloud.client("sagemaker").stop_training_job(TrainingJobName="at-once")
    assert ended(desk, "at-once")["TrainingJobStatus"] == "Stopped"


def test_processes_left_behind_end_with_the_job(desk: Desk, tmp_path: Path) -> None:
    source = f"""
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
"""
    start(desk, "leaves", source)
    assert ended(desk, "leaves")["TrainingJobStatus"] == "Completed"
    until(lambda: gone(int((tmp_path / "pid").read_text())))


def test_a_job_sees_the_clock_that_was_moved(own_desk: Callable[[], Desk]) -> None:
    desk = own_desk()
    desk.cloud.advance(seconds=400 * 86400)
    source = """
import datetime, os, pickle, sys, time
moment = datetime.datetime.now(datetime.timezone.utc)
assert type(pickle.loads(pickle.dumps(moment))) is datetime.datetime
print(f"auc={time.time()} loss={moment.timestamp()}")
"""
    start(desk, "clock", source)
    job = ended(desk, "clock")
    seen = {m["MetricName"]: m["Value"] for m in job.get("FinalMetricDataList", [])}
    assert set(seen) == {"auc", "loss"}, job.get("FailureReason")
    assert all(abs(value - time.time() - 400 * 86400) < 300 for value in seen.values())
