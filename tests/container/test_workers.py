"""The server as a whole: workers that die, releases that are swapped, an end that drops nothing, and time limits."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mlspec.targets.local.container import Serving, server_command, server_variables
from tests.container.conftest import Example, Running
from tests.container.http_client import Client, Reply
from tests.container.records import good_records

_SHORT = 0.3  # seconds
_IDLE_SECONDS = 1.0  # docs/serving.md, the end


def _document(running: Running) -> dict[str, Any]:
    return {"records": good_records(running.example.checked)}


def _children(running: Running) -> list[int]:
    master = running.process.pid
    return [int(text) for text in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def _until(true: Callable[[], object]) -> None:
    """Look until it is so; pytest's own patience is the limit."""
    for _ in range(3000):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to be so")


def _metrics(client: Client) -> dict[tuple[str, tuple[str, ...]], float]:
    text = client.ask("GET", "/metrics").body.decode()
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(s.labels.values())): s.value for family in families for s in family.samples}


@contextmanager
def _asking(running: Running, connections: int = 4) -> Iterator[list[Reply]]:
    """Ask all the time, over connections that stay open until the server says they end; every answer is kept. A
    connection that was idle for as long as an end waits for it, because this process was held up, may have ended."""
    replies: list[Reply] = []
    ended = threading.Event()

    def ask(client: Client) -> None:
        asked = time.monotonic()
        while not ended.is_set():
            before, asked = asked, time.monotonic()
            try:
                reply = client.predict(_document(running))
            except OSError as error:
                if asked - before > _IDLE_SECONDS:
                    return
                reply = Reply(0, {"connection": "close"}, repr(error).encode())
            replies.append(reply)
            if reply.headers.get("connection") == "close":
                return

    threads = [threading.Thread(target=ask, args=(running.client(),)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        _until(lambda: len(replies) > 20)
        yield replies
    finally:
        ended.set()
        for thread in threads:
            thread.join(30)


@pytest.fixture
def own_model(flight_example: Example, tmp_path: Path) -> Path:
    """A copy of the release that a test may change."""
    return Path(shutil.copytree(flight_example.model, tmp_path / "model"))


def _rename(model: Path, name: str) -> None:
    """Another release in its place, file by file, as a deployment that is not careful would do it."""
    document = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**document, "release": name}))


def test_any_worker_counts_for_all(flight_example: Example) -> None:
    with flight_example.served(workers=2) as running:
        for _ in range(20):
            with running.client() as client:
                assert client.predict(_document(running)).status == 200
        with running.client() as client:
            assert client.predict({"records": []}).status == 400
            found = _metrics(client)
    assert found["mlspec_requests_total", ("invocations", "200")] == 20
    assert found["mlspec_requests_total", ("invocations", "400")] == 1
    assert found["mlspec_rows_total", ()] == 20
    assert found["mlspec_prediction_seconds_count", ()] == 21
    assert found["mlspec_prediction_seconds_bucket", ("+Inf",)] == 21
    assert found["mlspec_worker_starts_total", ()] == 2


def test_a_worker_that_dies_is_replaced(flight_example: Example) -> None:
    with flight_example.served(workers=2) as running:
        before = _children(running)
        os.kill(before[0], signal.SIGKILL)
        _until(lambda: len(set(_children(running)) - set(before)) == 1)
        for _ in range(10):
            with running.client() as client:
                _until(lambda: client.predict(_document(running)).status == 200)
        with running.client() as client:
            assert _metrics(client)["mlspec_worker_starts_total", ()] == 3


def test_workers_end_with_their_master(flight_example: Example) -> None:
    with flight_example.served(workers=2) as running:
        workers = _children(running)
        running.process.kill()
        _until(lambda: not any(Path(f"/proc/{worker}/exe").exists() for worker in workers))


@pytest.mark.parametrize("told", [True, False], ids=["SIGHUP", "the folder alone"])
def test_a_release_is_swapped_with_no_request_lost(flight_example: Example, own_model: Path, told: bool) -> None:
    with flight_example.served(model=own_model) as running, _asking(running) as replies:
        _rename(own_model, "another")
        if told:
            running.process.send_signal(signal.SIGHUP)
        _until(lambda: replies[-1].json["release"] == "another")
    assert {reply.status for reply in replies} == {200}


def test_a_release_that_cannot_be_loaded_changes_nothing(flight_example: Example, own_model: Path) -> None:
    with flight_example.served(model=own_model) as running, running.client() as client:
        name = client.predict(_document(running)).json["release"]
        (own_model / "model.json").write_text("{")
        running.process.send_signal(signal.SIGHUP)
        _until(lambda: _metrics(client)["mlspec_failed_reloads_total", ()])
        assert client.predict(_document(running)).json["release"] == name


def test_without_a_release_it_lives_and_says_so(flight_example: Example, own_model: Path, tmp_path: Path) -> None:
    variables = server_variables(tmp_path / "later", Serving(port=0, workers=1))
    with subprocess.Popen(server_command(flight_example.unit), env=variables, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with Client(json.loads(process.stdout.readline())["port"]) as client:
            assert client.ask("GET", "/v2/health/live").status == 200
            for path in ("/ping", "/v2/health/ready", "/v2/models/flight-delay"):
                assert client.ask("GET", path).status == 503
            refused = client.predict({"records": good_records(flight_example.checked)})
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            own_model.rename(tmp_path / "later")
            _until(lambda: client.ask("GET", "/ping").status == 200)
        process.send_signal(signal.SIGTERM)
        assert f"there is no folder {tmp_path / 'later'}" in process.stdout.read().decode()


def test_an_end_drops_no_request(flight_example: Example) -> None:
    with flight_example.served(workers=2) as running:
        with _asking(running, connections=8) as replies:
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(30) == 0
        assert {reply.status for reply in replies} == {200}


@pytest.fixture
def held_unit(flight_example: Example, tmp_path: Path) -> Path:
    """The unit; where `hold` exists, a worker makes `held` and its imports wait until somebody writes to `gate`."""
    unit = Path(shutil.copytree(flight_example.unit, tmp_path / "unit", ignore=shutil.ignore_patterns("__pycache__")))
    os.mkfifo(tmp_path / "gate")
    hold, held, gate = (str(tmp_path / name) for name in ("hold", "held", "gate"))
    site = unit / "mlspec/runtime/http_site.py"
    code = f"import os\nif os.path.exists({hold!r}):\n    open({held!r}, 'w').close()\n    open({gate!r}).read()\n"
    site.write_text(code + site.read_text())
    return unit


def test_an_end_waits_for_a_worker_that_begins(flight_example: Example, held_unit: Path) -> None:
    """Connections that nobody has taken yet wait at its socket."""
    folder = held_unit.parent
    with flight_example.served(workers=2, unit=held_unit) as running, ExitStack() as stack:
        (folder / "hold").touch()
        os.kill(_children(running)[0], signal.SIGKILL)
        _until((folder / "held").exists)
        body = json.dumps(_document(running)).encode()
        clients = [stack.enter_context(running.client()) for _ in range(32)]
        for client in clients:
            client.send(b"POST /invocations HTTP/1.1\r\nhost: t\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        running.process.send_signal(signal.SIGTERM)
        _until(lambda: len(_children(running)) == 1)
        (folder / "gate").write_text("go")
        assert {client.reply().status for client in clients} == {200}
        assert running.process.wait(30) == 0


def test_a_worker_that_is_ended_alone_leaves_its_port_open(flight_example: Example) -> None:
    with flight_example.served() as running:
        (worker,) = _children(running)
        os.kill(worker, signal.SIGTERM)
        _until(lambda: _children(running) not in ([], [worker]))
        with running.client() as client:
            assert client.predict(_document(running)).status == 200


def test_an_answer_under_way_is_given_before_the_end(flight_example: Example) -> None:
    with flight_example.served() as running, running.client() as client:
        body = json.dumps(_document(running)).encode()
        head = b"POST /invocations HTTP/1.1\r\nhost: t\r\ncontent-length: %d\r\n\r\n" % len(body)
        client.send(head + body[:10])
        _until(lambda: _metrics_of(running)["mlspec_connections", ()] == 2)
        running.process.send_signal(signal.SIGTERM)
        _until(lambda: _refused(running))
        client.send(body[10:])
        reply = client.reply()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert running.process.wait(30) == 0


def _metrics_of(running: Running) -> dict[tuple[str, tuple[str, ...]], float]:
    with running.client() as client:
        return _metrics(client)


def _refused(running: Running) -> bool:
    """Whether nobody listens any more."""
    try:
        running.client().socket.close()
    except ConnectionError:
        return True
    return False


def test_a_port_that_is_taken_is_told(flight_example: Example) -> None:
    with flight_example.served() as running:
        variables = server_variables(flight_example.model, Serving(port=running.port, workers=1))
        done = subprocess.run(
            server_command(flight_example.unit), env=variables, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"cannot serve on 127.0.0.1, port {running.port}: ")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("MLSPEC_PORT", "70000", "cannot serve: MLSPEC_PORT is '70000', not a whole number from 0 to 65535\n"),
        ("MLSPEC_HOST", "a..b", "cannot serve on a..b, port 0: "),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_one_line(flight_example: Example, name: str, text: str, said: str) -> None:
    variables = {**server_variables(flight_example.model, Serving(port=0, workers=1)), name: text}
    done = subprocess.run(
        server_command(flight_example.unit), env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def _limited(example: Example, folder: Path, limits: str) -> Path:
    """The unit with limits that a test can reach."""
    unit = Path(shutil.copytree(example.unit, folder / "unit"))
    text = (unit / "server.py").read_text()
    (unit / "server.py").write_text(text.replace("limits=Limits(", f"limits=Limits({limits}, "))
    return unit


@pytest.fixture
def impatient(flight_example: Example, tmp_path: Path) -> Path:
    return _limited(flight_example, tmp_path, f"head_seconds={_SHORT}, body_seconds={_SHORT}")


@pytest.fixture
def crowded(flight_example: Example, tmp_path: Path) -> Path:
    return _limited(flight_example, tmp_path, "connections=3")


@pytest.mark.parametrize(
    "sent", [b"GET /pi", b"GET /ping HTTP/1.1\r\nx: ", b"POST /invocations HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"]
)
def test_half_a_request_is_waited_for_only_so_long(flight_example: Example, impatient: Path, sent: bytes) -> None:
    with flight_example.served(unit=impatient) as running, running.client() as client:
        client.send(sent)
        assert client.reply().status == 408
        assert client.ended()


def test_whoever_says_nothing_is_let_go(flight_example: Example, tmp_path: Path) -> None:
    unit = _limited(flight_example, tmp_path, f"idle_seconds={_SHORT}")
    with flight_example.served(unit=unit) as running, running.client() as client:
        assert client.ended()


def test_what_waits_to_be_read_is_no_silence(flight_example: Example, tmp_path: Path) -> None:
    """A worker that is not given the processor looks at its clock when it has it again: whoever asked is answered."""
    patience = 2.0
    unit = _limited(flight_example, tmp_path, f"idle_seconds={patience}")
    with flight_example.served(unit=unit) as running:
        (worker,) = _children(running)
        client, stopped = _stopped_after_a_ping(running, worker, within=patience)
        client.send(b"GET /ping HTTP/1.1\r\nhost: t\r\n\r\n")
        _until(lambda: time.monotonic() - stopped > 1.5 * patience)
        os.kill(worker, signal.SIGCONT)
        assert client.reply().status == 200
        client.socket.close()


def _stopped_after_a_ping(running: Running, worker: int, *, within: float) -> tuple[Client, float]:
    """A connection that was answered, and when the worker was stopped: before that one was idle for long, however
    often this process is held up in between."""
    while True:
        client, began = running.client(), time.monotonic()
        assert client.ask("GET", "/ping").status == 200
        os.kill(worker, signal.SIGSTOP)
        stopped = time.monotonic()
        if stopped - began < within:
            return client, stopped
        os.kill(worker, signal.SIGCONT)
        client.socket.close()


def test_too_many_connections_are_told_to_come_back(flight_example: Example, crowded: Path) -> None:
    with flight_example.served(unit=crowded) as running:
        with ExitStack() as stack:
            clients = [stack.enter_context(running.client()) for _ in range(4)]
            refused = clients[3].reply()
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert clients[3].ended()
        _until(lambda: _takes(running))


def _takes(running: Running) -> bool:
    with running.client() as client:
        return client.ask("GET", "/ping").status == 200


@pytest.mark.parametrize("seconds", [0.0, 1.2], ids=["at once", "on a busy machine"])
def test_a_server_that_cannot_start_says_why_and_ends(flight_example: Example, tmp_path: Path, seconds: float) -> None:
    unit = Path(shutil.copytree(flight_example.unit, tmp_path / "unit", ignore=shutil.ignore_patterns("__pycache__")))
    code = f"import time\ntime.sleep({seconds})\nraise ImportError('no such library')\n"
    (unit / "mlspec/runtime/http_site.py").write_text(code)
    variables = server_variables(flight_example.model, Serving(port=0, workers=2))
    done = subprocess.run(server_command(unit), env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "ImportError: no such library" in done.stderr
    assert "ended with 1" in done.stderr
