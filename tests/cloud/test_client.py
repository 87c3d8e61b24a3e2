"""The cloud's process: found, started once, told apart from others, and ended with all that it started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.targets.local.client import MARK, Cloud, connect, start, stop
from tests.cloud import test_jobs
from tests.cloud.conftest import Desk, gone, make_desk


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cloud"
    stop(tmp_path / "cloud")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.com", "http://10.0.0.1:5000", "https://127.0.0.1:5000", "file://localhost/etc/passwd",
        "http://127.0.0.1@example.com", "http://0.0.0.0:5000", "http://127.0.0.1.example.com", "",
    ],
)  # fmt: skip
def test_only_loopback(endpoint: str) -> None:
    with pytest.raises(SpecError) as caught:
        Cloud("id", endpoint, 1, "123456789012", "us-east-1")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["ML803"]


def test_a_running_cloud_is_used_again(directory: Path) -> None:
    assert connect(directory) is None
    assert not stop(directory)
    with ThreadPoolExecutor(4) as pool:
        clouds = list(pool.map(lambda _: start(directory), range(4)))
    assert len({cloud.pid for cloud in clouds}) == 1
    assert start(directory) == connect(directory) == clouds[0]
    assert stop(directory)
    assert gone(clouds[0].pid)
    assert connect(directory) is None


def test_a_proxy_is_not_asked(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    cloud = start(directory)
    assert cloud.inventory()["s3 buckets"] == 0
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_what_others_left_is_not_taken_for_a_cloud(desk: Desk, directory: Path) -> None:
    """Marks of a dead process, of somebody else's process, and of another cloud at the same address."""
    directory.mkdir()
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    other = desk.cloud
    plain = {"id": "i", "endpoint": "http://127.0.0.1:1", "account": "1", "region": "us-east-1"}
    marks: list[dict[str, Any]] = [
        {**plain, "pid": process.pid},
        {**plain, "pid": os.getpid()},
        {**plain, "pid": os.getpid(), "endpoint": other.endpoint},
        {**plain, "pid": os.getpid(), "endpoint": other.endpoint, "id": other.id},
        {"pid": 1},
    ]
    for mark in marks:
        (directory / MARK).write_text(json.dumps(mark))
        assert connect(directory) is None, mark
        assert not stop(directory), mark
    (directory / MARK).write_bytes(b'{"id": ')
    assert connect(directory) is None
    assert start(directory).id not in ("i", other.id)
    assert connect(directory) is not None


def test_the_end_leaves_no_process_behind(directory: Path, tmp_path: Path) -> None:
    desk = make_desk(start(directory))
    idle = "import os\ndef handler(event, context): return os.getpid()"
    desk.function("idle", idle)
    pids = [desk.call("idle")[1]]
    place = tmp_path / "busy"
    busy = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def handler(event, context):
    with open({str(place)!r} + ".partial", "w") as held:
        held.write(str(os.getpid()))
    os.rename({str(place)!r} + ".partial", {str(place)!r})
    time.sleep(600)
"""
    desk.function("busy", busy, Timeout=700)
    desk.cloud.client("lambda").invoke(FunctionName="busy", InvocationType="Event", Payload=b"{}")
    test_jobs.start(desk, "stubborn", test_jobs.STUBBORN, arguments=[str(tmp_path / "pids")])
    test_jobs.until(lambda: place.exists() and (tmp_path / "pids").exists())
    pids += [int(pid) for name in ("busy", "pids") for pid in (tmp_path / name).read_text().split()]
    assert not any(gone(pid) for pid in pids)
    os.kill(desk.cloud.pid, signal.SIGTERM)
    test_jobs.until(lambda: gone(desk.cloud.pid))
    test_jobs.until(lambda: all(gone(pid) for pid in pids))
    assert list(directory.glob("job-*")) == []


def test_it_ends_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlspec.targets.local.cloud", "--directory", str(tmp_path), "--idle", "0.5"]
    process = subprocess.Popen(command)
    assert process.wait(60) == 0


def test_it_ends_when_its_folder_is_taken_away(directory: Path) -> None:
    cloud = start(directory)
    (directory / MARK).unlink()
    test_jobs.until(lambda: gone(cloud.pid))
