"""The generated client is good Python, and gets from the real server what the server says."""

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.compiler.units.client import client_files, names
from mlspec.runtime.client_calls import aws_signer
from mlspec.specs.load import load_spec
from tests.client.conftest import ROW, SPEC, Reply, Served, answering, write_client

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/clients"
TEMPLATES = ROOT / "specs/templates"
ANSWER = {"model": "m", "release": "r", "version": "1", "predictions": [{"class": "low"}]}
OK: Reply = (200, {}, json.dumps(ANSWER).encode())

WRONG = """
from odd_ones_client import OddOnesClient, Record
row: Record = {"a b": "text", "class": 3, "shop": "west", "paid": True}
x: int = OddOnesClient("http://localhost").predict_one(row)["class"]
"""


@pytest.mark.parametrize("spec", ["examples/flight-delay/flight-delay.yaml", "specs/templates/regression.yaml"])
def test_the_golden_client_is_current(spec: str) -> None:
    checked = load_spec(ROOT / spec)
    made = {path: content for path, content in client_files(checked).items() if not path.endswith("calls.py")}
    kept = {path: (GOLDEN / path).read_bytes() for path in made}
    assert kept == made, f"if this is what you want: mlspec client {spec} --out {GOLDEN.relative_to(ROOT)}"
    assert client_files(checked) == client_files(load_spec(ROOT / spec))


def test_clients_are_typed_formatted_and_linted(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(SPEC, encoding="utf-8")
    specs = [tmp_path / "odd.yaml", ROOT / "examples/flight-delay/flight-delay.yaml", *TEMPLATES.glob("*.yaml")]
    folder = tmp_path / "clients"
    for spec in specs:
        write_client(load_spec(spec), folder)
    assert _run(folder, "ruff", "check", "--isolated", "--line-length=120", "--select=E,F,I,UP,B,SIM,RUF,ANN", ".") == 0
    assert _run(folder, "ruff", "format", "--isolated", "--line-length=120", "--check", ".") == 0
    assert _run(folder, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == 0


def test_a_wrong_row_is_a_type_error(served: Served, tmp_path: Path) -> None:
    write_client(served.checked, tmp_path)
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "wrong.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count("[typeddict-item]") == 2
    assert done.stdout.count("[assignment]") == 1


def _run(folder: Path, tool: str, *words: str) -> int:
    done = subprocess.run([sys.executable, "-m", tool, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.returncode


def test_the_command_writes_what_runs_without_mlspec(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["client", str(served.spec), "--out", str(tmp_path)]) == Exit.DONE
    assert "odd_ones_client" in capsys.readouterr().out
    program = (
        "import sys; sys.modules['mlspec'] = None; sys.path.insert(0, '.')\n"
        "from odd_ones_client import OddOnesClient\n"
        f"with OddOnesClient({served.url!r}) as model: print(model.predict_one({ROW!r})['class'])"
    )
    command = [sys.executable, "-I", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("low", "middle", "high")


def test_predictions_are_the_servers(client: ModuleType, served: Served) -> None:
    with client.OddOnesClient(served.url) as model:
        answer = model.predict([ROW, {**ROW, "a b": None}])
        assert answer.model == "odd-ones"
        assert [set(one) for one in answer.predictions] == [{"class", "probabilities"}] * 2
        assert sum(answer.predictions[0]["probabilities"].values()) == pytest.approx(1)
        assert model.predict_one(ROW) == answer.predictions[0]


def test_what_is_wrong_is_raised_with_its_place(client: ModuleType, served: Served) -> None:
    model = client.OddOnesClient(served.url)
    with pytest.raises(client.ContractBroken) as raised:
        model.predict([ROW, {**ROW, "class": -1}])
    assert [(p.row, p.column) for p in raised.value.problems] == [(1, "class")]
    assert "row 1, class" in str(raised.value)
    with pytest.raises(client.ModelError, match="413: 51 records"):
        model.predict([ROW] * 51)
    with pytest.raises(ValueError, match="JSON"):
        model.predict([{**ROW, "a b": float("nan")}])


def test_bad_rows_can_be_refused_alone(client: ModuleType, served: Served) -> None:
    answer = client.OddOnesClient(served.url).predict([{**ROW, "paid": 1}, ROW], partial=True)
    assert answer.predictions[0] is None
    assert answer.predictions[1] is not None
    assert [(p.row, p.column) for p in answer.problems] == [(0, "paid")]


def test_threads_and_tasks_share_a_client(client: ModuleType, served: Served) -> None:
    with client.OddOnesClient(served.url) as model, ThreadPoolExecutor(8) as pool:
        wanted = model.predict_one(ROW)
        assert list(pool.map(model.predict_one, [ROW] * 40)) == [wanted] * 40

    async def ask() -> None:
        async with client.AsyncOddOnesClient(served.url) as other:
            assert await asyncio.gather(*(other.predict_one(ROW) for _ in range(20))) == [wanted] * 20
            assert (await other.predict([ROW])).predictions == [wanted]

    asyncio.run(ask())


def test_a_busy_server_is_asked_again(client: ModuleType) -> None:
    def reply(number: int, handler: BaseHTTPRequestHandler) -> Reply:
        return (503, {"Retry-After": "0"}, b"{}") if number < 2 else OK

    with answering(reply) as (url, seen):
        assert client.OddOnesClient(url).predict([ROW]).release == "r"
    assert len(seen) == 3


def test_a_server_that_stays_busy_is_told(client: ModuleType) -> None:
    body = b'{"error": "unavailable", "reason": "too many requests wait"}'
    with (
        answering(lambda number, handler: (503, {"Retry-After": "0"}, body)) as (url, seen),
        pytest.raises(client.Unavailable, match="too many requests wait"),
    ):
        client.OddOnesClient(url, retries=1).predict([ROW])
    assert len(seen) == 2


def test_a_kept_connection_that_the_server_closed_is_replaced(client: ModuleType) -> None:
    def reply(number: int, handler: BaseHTTPRequestHandler) -> Reply:
        handler.close_connection = number == 0  # without saying so
        return OK

    with answering(reply) as (url, seen):
        model = client.OddOnesClient(url)
        assert [model.predict([ROW]).release for _ in range(3)] == ["r"] * 3
    assert len(seen) == 3


def test_nobody_there_is_told(client: ModuleType) -> None:
    with pytest.raises(client.NotReached, match=r"127\.0\.0\.1:1"):
        client.OddOnesClient("http://127.0.0.1:1/").predict([ROW])
    with pytest.raises(ValueError, match="no http or https URL"):
        client.OddOnesClient("ftp://example.com")


def test_requests_to_a_functions_url_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    host = "abc.lambda-url.eu-north-1.on.aws"
    sign = aws_signer(host)
    signed = sign(f"https://{host}/", {"Content-Type": "application/json"}, b"{}")
    assert "/eu-north-1/lambda/aws4_request" in signed["Authorization"]
    assert signed["X-Amz-Security-Token"] == "token"
    assert signed["Content-Type"] == "application/json"
    assert sign(f"https://{host}/", {}, b"[]")["Authorization"] != signed["Authorization"]


def test_a_signer_of_the_callers_own_is_used(client: ModuleType) -> None:
    with answering(lambda number, handler: OK) as (url, seen):
        client.OddOnesClient(url, sign=lambda url, headers, body: {**headers, "X-Key": "k"}).predict([ROW])
    assert seen[0]["X-Key"] == "k"


def test_names_follow_the_spec(served: Served) -> None:
    assert names(served.checked) == ("odd_ones_client", "OddOnesClient")
