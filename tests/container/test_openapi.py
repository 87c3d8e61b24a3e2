"""The description that a container gives of itself is true: no 5xx, and no answer that it does not tell of."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.container.conftest import EXAMPLES, Running
from tests.container.records import good_records

# Not positive_data_acceptance: JSON Schema cannot say that lists have one length, or that a shape fits its data.
# Not negative_data_rejection: with partial=true a bad row is answered, with 200 and its problem.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)


needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed: make torch")
# Every example is fuzzed; the boundaries of the schema, such as one row too many, are tried on one.
PHASES = dict.fromkeys((*EXAMPLES, "embedding"), "examples,fuzzing") | {"regression": "examples,coverage,fuzzing"}


@pytest.mark.parametrize("name", [*EXAMPLES, pytest.param("embedding", marks=needs_torch)])
def test_schemathesis_finds_no_answer_that_is_not_told_of(
    name: str, running: Callable[[str], Running], tmp_path: Path
) -> None:
    served = running(name)
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(served.example.unit / "openapi.json"),
        "--url", served.server.url, "--checks", ",".join(CHECKS), "--max-examples", "20", "--seed", "1", "--no-color",
        "--phases", PHASES[name],
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert "11/11" in done.stdout, "every operation was tried"


def test_the_description_is_served_as_it_was_compiled(flights: Running) -> None:
    with flights.client() as client:
        served = client.ask("GET", "/openapi.json")
        page = client.ask("GET", "/docs")
    assert served.body == (flights.example.unit / "openapi.json").read_bytes()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"flight-delay" in page.body


def test_the_page_needs_nothing_from_elsewhere(flights: Running) -> None:
    page = (flights.example.unit / "docs.html").read_text()
    assert not [word for word in ("http://", "https://", "//", "src=", "@import", "url(") if word in page]


def test_what_the_schema_takes_the_service_takes(flights: Running) -> None:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    document = json.loads((flights.example.unit / "openapi.json").read_text())
    schema = {**document["components"]["schemas"]["Request"], "components": document["components"]}
    judge = Draft202012Validator(schema)
    record = good_records(flights.example.checked)[0]
    columns = {name: [value] for name, value in record.items()}
    wrong = [{**record, "hour": 24}, {**record, "no": 1}, {**record, "hour": None}, {**record, "temp": None}]
    with flights.client() as client:
        for request in ({"records": [record]}, {"columns": columns}, *({"records": [one]} for one in wrong)):
            assert judge.is_valid(request) == (client.predict(request).status == 200), request
