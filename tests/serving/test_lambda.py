"""The shipped folder under AWS's own runtime client: predictions, what it imports, and its last words."""

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.lambda_process import LambdaProcess

ENVIRON = {"MLSPEC_ENVIRONMENT": "dev"}
# The same handler, and beside it a look at what the process has imported by then.
SPY = """
import sys
import handler as shipped

def handler(event, context):
    return {"answer": shipped.handler(event, context), "modules": sorted({name.split(".")[0] for name in sys.modules})}
"""


@pytest.fixture
def start(unit: Any, tmp_path: Path) -> Iterator[Callable[..., LambdaProcess]]:
    """Starts a copy of the unit's folder, with or without its release."""
    started: list[LambdaProcess] = []

    def begin(*, release: bool = True, handler: str = "handler.handler") -> LambdaProcess:
        folder = tmp_path / "code"
        shutil.copytree(unit.folder, folder, ignore=None if release else shutil.ignore_patterns("model"))
        (folder / "spy.py").write_text(SPY)
        started.append(LambdaProcess(folder, handler, ENVIRON))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


def test_it_answers_and_writes_what_it_counted_when_it_is_ended(
    start: Callable[..., LambdaProcess], good_row: dict[str, Any]
) -> None:
    function = start()
    body = json.dumps({"records": [good_row, good_row]})

    answers = [function.invoke({"requestContext": {}, "body": body}) for _ in range(3)]
    status, log = function.stop()

    assert [(kind, reply["statusCode"]) for kind, reply in answers] == [("response", 200)] * 3
    assert json.loads(answers[0][1]["body"])["version"] == "7"
    metrics, histogram = [json.loads(line) for line in log]
    assert (metrics["requests"], metrics["rows"], metrics["version"]) == (3, 6, "7")
    assert (histogram["mlspec"], histogram["rows"]) == ("histogram", 6)
    assert status == 128 + signal.SIGTERM


def test_it_imports_what_a_prediction_needs_and_no_more(
    start: Callable[..., LambdaProcess], good_row: dict[str, Any]
) -> None:
    kind, seen = start(handler="spy.handler").invoke({"records": [good_row]})

    assert kind == "response"
    assert "predictions" in seen["answer"]
    assert {"numpy", "onnxruntime", "msgspec"} <= set(seen["modules"])
    heavy = {"pandas", "polars", "sklearn", "scipy", "boto3", "botocore", "onnx", "torch", "pydantic"}
    assert not heavy & set(seen["modules"])


def test_without_a_release_it_lives_and_says_so(start: Callable[..., LambdaProcess]) -> None:
    function = start(release=False)

    kind, reply = function.invoke({"requestContext": {}, "body": "{}"})
    _, log = function.stop()

    assert (kind, reply["statusCode"]) == ("response", 503)
    assert json.loads(reply["body"])["reason"] == "no release is serving yet"
    assert [json.loads(line).get("errors") for line in log] == [None, [1]]
