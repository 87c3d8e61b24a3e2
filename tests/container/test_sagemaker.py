"""What SageMaker asks of a container, held for every example:
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"""

import json
import resource
import signal
import subprocess
from collections.abc import Callable
from time import monotonic
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from mlspec.targets.local.container import Serving, server_command, server_variables
from tests.container.conftest import EXAMPLES, Example, Running
from tests.container.records import as_csv, good_records

PING_SECONDS = 2  # SageMaker's time-out of one ping
_MEGABYTE = 10**6
_DIRECT = build_opener(ProxyHandler({}))


@pytest.fixture(params=EXAMPLES)
def served(request: pytest.FixtureRequest, running: Callable[[str], Running]) -> Running:
    return running(request.param)


def test_a_ping_is_answered_in_time(served: Running) -> None:
    """One of several: a machine that is busy with other tests may hold any one of them up."""

    def took() -> float:
        began = monotonic()
        with _DIRECT.open(f"{served.server.url}/ping", timeout=60) as reply:
            assert reply.status == 200
        return monotonic() - began

    assert any(took() <= PING_SECONDS for _ in range(20))


def test_records_and_csv_get_the_same_predictions(served: Running) -> None:
    records = good_records(served.example.checked, 20)
    with served.client() as client:
        by_json = client.predict({"records": records})
        by_csv = client.ask("POST", "/invocations", as_csv(records), content_type="text/csv")
    assert by_json.status == by_csv.status == 200, (by_json.body, by_csv.body)
    assert len(by_json.json["predictions"]) == len(records)
    assert by_json.json == by_csv.json


@pytest.mark.parametrize("size", [6 * _MEGABYTE, 25 * _MEGABYTE], ids=["6 MB", "25 MB"])
def test_a_payload_as_large_as_sagemaker_sends_is_answered(served: Running, size: int) -> None:
    records = good_records(served.example.checked, served.example.checked.spec.serving.max_rows)
    body = json.dumps({"records": records}).encode()
    whole = body + b" " * (size - len(body))
    assert len(whole) == size
    request = Request(f"{served.server.url}/invocations", whole, {"content-type": "application/json"})
    with _DIRECT.open(request, timeout=60) as reply:
        assert len(json.load(reply)["predictions"]) == len(records)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_writes_no_file_and_ends_when_told(name: str, example_of: Callable[[str], Example]) -> None:
    """No process may write one byte to any file (RLIMIT_FSIZE); its output is a pipe, as in a container."""
    example = example_of(name)
    variables = server_variables(example.model, Serving(port=0, workers=1))
    with subprocess.Popen(
        server_command(example.unit), cwd="/", env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        assert json.loads(process.stdout.readline())["mlspec"] == "release"
        body = json.dumps({"records": good_records(example.checked)}).encode()
        url = f"http://127.0.0.1:{port}/invocations"
        with _DIRECT.open(Request(url, body, {"content-type": "application/json"}), timeout=30) as reply:
            assert reply.status == 200
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["status"] for line in lines if line.get("mlspec") == "access"] == [200]
    assert [line["rows"] for line in lines if line.get("mlspec") == "histogram"] == [1]
    assert [line["requests"] for line in lines if "_aws" in line] == [1]
