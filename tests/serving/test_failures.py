"""When it is our fault: the caller learns nothing of the inside, the log everything, and the metrics count an error."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlspec.runtime.serving import Service

CONTEXT = SimpleNamespace(aws_request_id="request-1")
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def release(unit: Any, tmp_path: Path) -> Path:
    """A copy of the release that a test may damage."""
    return Path(shutil.copytree(unit.folder / "model", tmp_path / "model"))


def train_linear(rows: int = 200) -> bytes:
    """A model that cannot do without any of its seven inputs, as ONNX."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    matrix = np.random.default_rng(0).random((rows, 7), np.float32)
    model = LogisticRegression().fit(matrix, matrix[:, 3] > 0.5)
    return bytes(to_onnx(model, matrix[:1], options={id(model): {"zipmap": False}}).SerializeToString())


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "another model": lambda folder: (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes() + b" "),
    "no model": lambda folder: (folder / "model.onnx").unlink(),
    "no profile": lambda folder: (folder / "profile.json").unlink(),
    "cut short": lambda folder: (folder / "model.json").write_text("{"),
    "other order": lambda folder: edit(folder / "model.json", lambda model: model["features"].reverse()),
    "other categories": lambda folder: edit(folder / "model.json", lambda m: m["features"][1]["values"].reverse()),
    "other profile": lambda folder: edit(folder / "profile.json", lambda p: p["columns"]["city"]["values"].pop()),
    "other task": lambda folder: edit(
        folder / "model.json", lambda m: m.update(task="multiclass", classes=["a", "b", "c"])
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_release_never_answers(unit: Any, release: Path, lines_of: Lines, damage: str) -> None:
    DAMAGES[damage](release)

    service = Service(unit.contract, release, {})
    reply = service({"requestContext": {}, "body": "{}"}, CONTEXT)
    service.telemetry.flush()

    assert reply["statusCode"] == 503
    assert json.loads(reply["body"]) == {"error": "unavailable", "reason": "the release cannot be loaded"}
    said, metrics = lines_of()
    assert said["mlspec"] == "release"
    assert metrics["errors"] == [1]


def test_a_failure_of_ours_is_500_with_the_request_and_no_traceback(
    unit: Any, good_row: dict[str, Any], lines_of: Lines
) -> None:
    broken = SimpleNamespace(**{**vars(unit.contract), "assemble": lambda records: 1 / 0})
    service = Service(broken, unit.folder / "model", {})

    reply = service({"requestContext": {}, "body": json.dumps({"records": [good_row]})}, CONTEXT)
    service.telemetry.flush()

    assert reply["statusCode"] == 500
    assert json.loads(reply["body"]) == {"error": "internal", "request": "request-1"}
    failure, metrics = lines_of()
    assert failure["request"] == "request-1"
    assert "ZeroDivisionError" in failure["text"]
    assert (metrics["errors"], metrics["rows"]) == ([1], 0)


def test_a_model_that_answers_no_number_is_an_error(unit: Any, release: Path, good_row: dict[str, Any]) -> None:
    linear = train_linear()
    (release / "model.onnx").write_bytes(linear)
    edit(release / "model.json", lambda model: model.update(onnx_sha256=hashlib.sha256(linear).hexdigest()))
    service = Service(unit.contract, release, {})

    whole = service({"records": [{**good_row, "temp": 20}]}, CONTEXT)
    lacking = service({"records": [{**good_row, "temp": 20}, {**good_row, "temp": None}]}, CONTEXT)

    assert "predictions" in whole
    assert lacking == {"error": "internal", "request": "request-1"}
