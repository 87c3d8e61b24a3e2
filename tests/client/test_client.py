"""The generated client is good Python, and gets from the real server what the server says."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.compiler.units.client import client_files, names
from mlspec.compiler.units.openapi_schemas import prediction_schema
from mlspec.runtime.client_calls import aws_scope
from mlspec.specs.load import load_spec
from tests.client.conftest import ROW, SPEC, Reply, Served, answering, write_client
from tests.signature import Keys, guarded

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


GOLDEN_SPECS = (
    "examples/flight-delay/flight-delay.yaml",
    "specs/templates/regression.yaml",
    "tests/golden/several/spec.yaml",
    "tests/golden/embedding/spec.yaml",
)


@pytest.mark.parametrize("spec", GOLDEN_SPECS)
def test_the_golden_client_is_current(spec: str) -> None:
    checked = load_spec(ROOT / spec)
    made = {path: content for path, content in client_files(checked).items() if not path.endswith("calls.py")}
    kept = {path: (GOLDEN / path).read_bytes() for path in made}
    assert kept == made, f"if this is what you want: mlspec client {spec} --out {GOLDEN.relative_to(ROOT)}"
    assert client_files(checked) == client_files(load_spec(ROOT / spec))


def test_clients_are_typed_formatted_and_linted(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(SPEC, encoding="utf-8")
    specs = [tmp_path / "odd.yaml", *(ROOT / spec for spec in GOLDEN_SPECS), *TEMPLATES.glob("*.yaml")]
    folder = tmp_path / "clients"
    for spec in specs:
        write_client(load_spec(spec), folder)
    assert _run(folder, "ruff", "check", "--isolated", "--line-length=120", "--select=E,F,I,UP,B,SIM,RUF,ANN", ".") == 0
    assert _run(folder, "ruff", "format", "--isolated", "--line-length=120", "--check", ".") == 0
    assert _run(folder, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == 0


@pytest.mark.parametrize("spec", [*GOLDEN_SPECS, "specs/templates/multiclass.yaml"])
def test_what_is_described_is_typed(tmp_path: Path, spec: str) -> None:
    """The keys that the server's OpenAPI document tells of, prediction by prediction and in its explanation."""
    checked = load_spec(ROOT / spec)
    schema = prediction_schema(checked.spec)
    package, _ = names(checked)
    write_client(checked, tmp_path)
    code = (
        f"import json, {package} as c\n"
        "print(json.dumps([list(c.Prediction.__annotations__), list(c.Explanation.__annotations__)]))"
    )
    words = [sys.executable, "-c", code]
    told = json.loads(subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout)
    explained = schema["properties"]["explanation"]["properties"]
    if checked.spec.task != "multiclass":
        explained = {name: kind for name, kind in explained.items() if name != "class"}
    assert [set(keys) for keys in told] == [set(schema["properties"]), set(explained)]


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


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(client: ModuleType, status: int) -> None:
    def reply(number: int, handler: BaseHTTPRequestHandler) -> Reply:
        return (status, {"Retry-After": "0"}, b"{}") if number < 2 else OK

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


def test_an_answer_that_is_late_is_not_asked_for_again(client: ModuleType) -> None:
    over = threading.Event()

    def reply(number: int, handler: BaseHTTPRequestHandler) -> Reply:
        if number == 1:
            over.wait()
        return OK

    with answering(reply) as (url, _), client.OddOnesClient(url) as model:
        model.predict([ROW])
        (kept,) = model._calls._idle
        kept.sock.settimeout(0.05)
        try:
            with pytest.raises(client.NotReached, match="timed out"):
                model.predict([ROW])
        finally:
            over.set()


def test_nobody_there_is_told(client: ModuleType) -> None:
    with pytest.raises(client.NotReached, match=r"127\.0\.0\.1:1"):
        client.OddOnesClient("http://127.0.0.1:1/").predict([ROW])
    with pytest.raises(client.NotReached, match=r"a\.\.b"):
        client.OddOnesClient("http://a..b/").predict([ROW])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.com", "no http or https URL"),
        ("http://example.com/a b", "no http or https URL"),
        ("http://example.com:99999/", "no URL: Port out of range"),
        ("http://example.com:x/", "no URL: Port could not be cast"),
        ("http://[::1", "no URL: Invalid IPv6 URL"),
        ("http://me:secret@example.com/", "^the URL of example.com holds a user or a password, which is not sent"),
    ],
)
def test_what_is_no_url_is_told_before_anything_is_asked(client: ModuleType, url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        client.OddOnesClient(url)
    with pytest.raises(ValueError, match="retries is below 0"):
        client.OddOnesClient("http://example.com", retries=-1)
    with pytest.raises(ValueError, match="timeout is not above 0"):
        client.OddOnesClient("http://example.com", timeout=0)


@pytest.mark.parametrize("path", ["", "/", "/?version=1"])
def test_a_host_alone_is_asked_where_servers_answer(client: ModuleType, served: Served, path: str) -> None:
    host = served.url.removesuffix("/invocations")
    assert client.OddOnesClient(host + path).predict_one(ROW)["class"] in ("low", "middle", "high")


@pytest.mark.parametrize("number", [float("nan"), float("-inf")])
def test_a_number_that_json_has_not_is_told_by_its_place(client: ModuleType, served: Served, number: float) -> None:
    with pytest.raises(ValueError, match=f"row 1, a b: {number} is no number in JSON; None says that there is none"):
        client.OddOnesClient(served.url).predict([ROW, {**ROW, "a b": number}])


def _predictions(text: str) -> bytes:
    return f'{{"model": "m", "release": "r", "version": "v", "predictions": {text}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[1]",
        b"[" * 100_000,
        b'{"predictions": []}',
        *map(_predictions, ("null", "[]", "[1]", "[{}, {}]", '{"a": 1}')),
    ],
    ids=range(9),
)
def test_what_is_no_models_answer_is_told(client: ModuleType, body: bytes) -> None:
    with (
        answering(lambda number, handler: (200, {}, body)) as (url, _),
        pytest.raises(client.ModelError, match="200: no model's answer"),
    ):
        client.OddOnesClient(url).predict([ROW])


def test_a_refusal_that_is_about_no_row_is_told(client: ModuleType, served: Served) -> None:
    with pytest.raises(client.ContractBroken, match="400: records: expected a list of at least one record"):
        client.OddOnesClient(served.url).predict([])
    with (
        answering(lambda number, handler: (400, {}, b'{"message": "Bad Request"}')) as (url, _),
        pytest.raises(client.ContractBroken, match="400: Bad Request"),
    ):
        client.OddOnesClient(url).predict([ROW])


@pytest.mark.parametrize("problems", ['"none"', "null", '[{"title": "x"}]', "[1]", '{"row": 1}'])
def test_another_servers_problems_are_not_taken_for_a_models(
    client: ModuleType, served: Served, problems: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = f'{{"problems": {problems}, "message": "Bad Request"}}'.encode()
    with answering(lambda number, handler: (400, {}, body)) as (url, _):
        with pytest.raises(client.ContractBroken, match="400: Bad Request") as raised:
            client.OddOnesClient(url).predict([ROW])
        assert raised.value.problems == ()
        words = ["--record", json.dumps(ROW), "--url", url]
        assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    assert "400" in capsys.readouterr().out


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    for name, value in Keys().variables.items():
        monkeypatch.setenv(name, value)
    return Keys()


@pytest.mark.parametrize("path", ["", "/", "/prod/a%20b/invocations?version=1&at=a%2Fb"])
def test_signed_requests_pass_a_door_that_looks_at_signatures(client: ModuleType, keys: Keys, path: str) -> None:
    sign = client.aws_signer("lambda", "eu-north-1")
    with guarded(keys, ANSWER) as door:
        url = door.url + path
        with client.OddOnesClient(url, sign=sign) as model:
            assert [model.predict([{**ROW, "shop": shop}]).release for shop in ("east", "süd")] == ["r", "r"]

        async def ask() -> None:
            async with client.AsyncOddOnesClient(url, sign=sign) as other:
                answers = await asyncio.gather(*(other.predict([ROW]) for _ in range(8)))
                assert [answer.release for answer in answers] == ["r"] * 8

        asyncio.run(ask())


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (None, "Missing Authentication Token"),
        (("lambda", "eu-west-1"), "another region"),
        (("execute-api", "eu-north-1"), "another region or service"),
    ],
)
def test_what_is_not_signed_well_is_refused(
    client: ModuleType, keys: Keys, scope: tuple[str, str] | None, said: str
) -> None:
    with guarded(keys, ANSWER) as door, pytest.raises(client.ModelError, match=said) as raised:
        client.OddOnesClient(door.url, sign=scope and client.aws_signer(*scope)).predict([ROW])
    assert raised.value.status == 403


def test_a_signature_is_of_one_body(client: ModuleType, keys: Keys) -> None:
    sign = client.aws_signer("lambda", "eu-north-1")
    with guarded(keys, ANSWER) as door, pytest.raises(client.ModelError, match="does not match"):
        client.OddOnesClient(door.url, sign=lambda url, headers, body: sign(url, headers, b"{}")).predict([ROW])


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("abc.lambda-url.eu-north-1.on.aws", ("lambda", "eu-north-1")),
        ("a1b2.execute-api.us-east-1.amazonaws.com", ("execute-api", "us-east-1")),
        ("a1b2-vpce-0d1.execute-api.cn-north-1.amazonaws.com.cn", ("execute-api", "cn-north-1")),
        ("runtime.sagemaker.us-gov-west-1.amazonaws.com", ("sagemaker", "us-gov-west-1")),
        ("Runtime-FIPS.sagemaker.us-east-1.amazonaws.com", ("sagemaker", "us-east-1")),
        ("abc.lambda-url.eu-north-1.on.aws.example.com", None),
        ("lambda-url.eu-north-1.on.aws", None),
        ("models.example.com", None),
        ("127.0.0.1", None),
    ],
)
def test_a_host_of_aws_tells_what_to_sign_for(host: str, scope: tuple[str, str] | None) -> None:
    assert aws_scope(host) == scope


def test_requests_to_a_functions_url_are_signed(
    client: ModuleType, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without being asked; the URL is not AWS's here, but its name leads to the door."""
    host = "abc.lambda-url.eu-north-1.on.aws"
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *rest, **more: real(name.replace(host, "127.0.0.1"), *rest))
    with guarded(keys, ANSWER) as door:
        url = door.url.replace("127.0.0.1", host)
        assert client.OddOnesClient(url).predict([ROW]).release == "r"
    assert [seen["Host"] for seen in door.seen] == [url.removeprefix("http://")]


def test_no_credentials_are_told(client: ModuleType, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "BOTO_CONFIG"):
        monkeypatch.setenv(name, "/nowhere")
    with pytest.raises(client.NoCredentials):
        client.OddOnesClient("https://abc.lambda-url.eu-north-1.on.aws/")


def test_a_signer_of_the_callers_own_is_used(client: ModuleType) -> None:
    with answering(lambda number, handler: OK) as (url, seen):
        client.OddOnesClient(url, sign=lambda url, headers, body: {**headers, "X-Key": "k"}).predict([ROW])
    assert seen[0]["X-Key"] == "k"


def test_names_follow_the_spec(served: Served) -> None:
    assert names(served.checked) == ("odd_ones_client", "OddOnesClient")
