"""`mlspec bench` tells what it measured, for people, for machines and as a page."""

import json
import os
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from tests.bench.conftest import Server, serving
from tests.client.conftest import Reply, answering

SPEC = """\
apiVersion: mlspec/v1
name: rides
owner: team@example.com
data:
  source: {uri: "s3://lake/rides/"}
  columns:
    km: {type: float, min: 0, max: 100}
    late: {type: bool, role: label}
training:
  estimator: {_target_: sklearn.linear_model.LogisticRegression}
serving: {max_rows: 100}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "rides.yaml"
    path.write_text(SPEC)
    return str(path)


def test_rates_are_told_for_machines_and_as_a_page(
    spec: str, good_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "bench.html"
    words = ["--url", good_server.url, "--rate", "50", "--rate", "100", "--duration", "1s", "--batch", "2"]
    assert invoke(["bench", spec, *words, "--json", "--page", str(page)]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert [run["rate"] for run in told["runs"]] == [50, 100]
    assert told["failures"] == 0
    assert set(told["runs"][0]["latency"]) >= {"p50", "p99", "p99.9"}
    assert len(json.loads(good_server.bodies[0])["records"]) == 2
    _check_page(page.read_text())


def _check_page(text: str) -> None:
    """Well formed, three plots, and nothing from outside."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)
            assert not {"src", "href", "onload"} & {name for name, _ in attrs}

    Reader().feed(text)
    assert found.count("svg") == 3
    assert "script" not in found
    assert not re.search(r"https?://(?!127\.0\.0\.1)", text)


def test_failures_end_in_an_error(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda number, body: (500, 0.0)) as server:
        assert invoke(["bench", spec, "--url", server.url, "--rate", "20", "--duration", "1s"]) == Exit.ERROR
    assert "500: 20" in capsys.readouterr().out


def test_what_was_measured_before_a_server_was_gone_is_told(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def reply(number: int, handler: BaseHTTPRequestHandler) -> Reply:
        if number == 0:  # the connection that it came by is the last one
            handler.server.shutdown()
            handler.server.server_close()
        return 200, {}, b"{}"

    page = tmp_path / "bench.html"
    rates = ["--rate", "5", "--rate", "6", "--duration", "1s", "--connections", "1"]
    with answering(reply) as (url, _):
        assert invoke(["bench", spec, "--url", url, *rates, "--json", "--page", str(page)]) == Exit.ERROR
    told = capsys.readouterr()
    assert [run["rate"] for run in json.loads(told.out)["runs"]] == [5]
    assert told.err.startswith("ML831 nobody answers at ")
    assert "<svg" in page.read_text()


def test_the_search_needs_no_rates(spec: str, good_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["bench", spec, "--url", good_server.url, "--within", "1h", "--duration", "100ms"]) in (
        Exit.DONE,
        Exit.ERROR,  # where the machine was too busy to answer in time
    )
    assert "p99 within 3,600,000 ms:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--duration", "5"], "expected a duration such as 10m"),
        (["--malformed", "0.01"], "expected a percentage such as 20%"),
        (["--batch", "101"], "serving.max_rows is 100"),
        (["--url", "http://example.com/"], "ML830"),
        (["--url", "http://127.0.0.1:1/", "--rate", "nan"], "nan is no number"),
        (["--url", "http://127.0.0.1:1/", "--rate", "inf"], "inf is not in the range 0<x<=10000000"),
    ],
)
def test_mistakes_are_told(spec: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["bench", spec, *words]) != Exit.DONE
    assert said in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_told_after_what_was_measured(
    spec: str, good_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--url", good_server.url, "--rate", "50", "--duration", "1s", "--page", str(tmp_path / ("x" * 256))]
    assert invoke(["bench", spec, *words, "--json"]) == Exit.USAGE
    told = capsys.readouterr()
    assert json.loads(told.out)["runs"][0]["requests"] == 50
    assert f"cannot write {tmp_path}" in told.err


def test_a_name_of_no_machine_is_told_once(spec: str) -> None:
    """As a process: what a loop says of futures that nobody asked about comes at its end."""
    words = ["--url", "http://host.invalid/", "--remote", "--rate", "10", "--json"]
    command = [sys.executable, "-m", "mlspec.cli", "bench", spec, *words]
    soon = {**os.environ, "RES_OPTIONS": "timeout:1 attempts:1"}  # resolv.conf(5): where no name server answers
    done = subprocess.run(command, env=soon, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.ERROR
    assert done.stderr.startswith("ML831 nobody answers at host.invalid:80: ")
    assert "uture" not in done.stderr


def test_the_containers_server_is_started_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "rides.yaml"
    spec.write_text(SPEC.replace("s3://lake/rides/", "rides.parquet"))
    _rides(tmp_path / "rides.parquet")
    words = ["--rate", "50", "--duration", "1s", "--malformed", "2%", "--batch", "3", "--json"]
    assert invoke(["bench", str(spec), *words]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["runs"][0]["outcomes"] == {"200": 49, "400 (malformed)": 1}


def _rides(path: Path) -> None:
    chance = random.Random(3)
    km = [chance.uniform(0, 100) for _ in range(400)]
    pl.DataFrame({"km": km, "late": [value + chance.gauss(0, 20) > 50 for value in km]}).write_parquet(path)
