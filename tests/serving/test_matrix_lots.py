"""Matrices that waited together are answered as one; what goes wrong with one of them is that one's alone."""

import json
from typing import Any

import numpy as np
import pytest

from mlspec.runtime.http_head import Head, Route
from mlspec.runtime.http_model import Model
from mlspec.runtime.serving_release import Release

GOOD, UNLIKELY, POISON = [7, 1, 1, 3.5, 0, 1, 2], [8, 1, 1, 3.5, 0, 1, 2], [9, 1, 1, 3.5, 0, 1, 2]


class Engine:
    """Answers a row by its hour; hour 9 is answered as `poison` says. `calls` are the rows of each call."""

    def __init__(self, poison: Any) -> None:
        self.poison = poison
        self.calls: list[int] = []

    def answers(self, rows: bytes) -> Any:
        matrix = np.frombuffer(rows, np.float32).reshape(-1, 7)
        self.calls.append(len(matrix))
        answers = np.where(matrix[:, 0] == 7, np.float32(0.75), np.float32(0.25))
        if (matrix[:, 0] == 9).any():
            if isinstance(self.poison, Exception):
                raise self.poison
            answers[matrix[:, 0] == 9] = self.poison
        return answers

    def predict(self, rows: bytes) -> Any:
        return self.answers(rows).tolist()


def model_of(unit: Any, engine: Engine) -> Model:
    described = {"release": "r1", "classes": [False, True], "task": "binary", "features": list(range(7))}
    release = Release(described, engine, "onnx", None, "", "")  # type: ignore[arg-type]
    model = Model(unit.contract, release, lambda kind, text: "1")
    model.joins = True
    engine.calls.clear()
    return model


def asked(rows: list[list[float]], **more: Any) -> Any:
    data = np.array(rows, np.float32)
    size = {"binary_data_size": data.nbytes}
    tensor = {"name": "X", "shape": list(data.shape), "datatype": "FP32", "parameters": size}
    said = json.dumps({"inputs": [tensor], **more}).encode()
    body = said + data.tobytes()
    head = Head(Route("infer", "v2"), b"", len(body), keep_alive=True, content_type="application/json",
                json_length=len(said))  # fmt: skip
    return head, body, None, 0.0


def data_of(body: bytes) -> dict[str, Any]:
    return {output["name"]: output["data"] for output in json.loads(body)["outputs"]}


def test_a_lot_is_predicted_in_one_call_and_counted_as_one(unit: Any) -> None:
    engine = Engine(0)
    model = model_of(unit, engine)

    outcomes, seen = model.answer([asked([GOOD, UNLIKELY]), asked([UNLIKELY]), asked([GOOD], id="a")])

    assert engine.calls == [4]
    assert [(outcome.status, outcome.rows) for outcome in outcomes] == [(200, 2), (200, 1), (200, 1)]
    assert [data_of(outcome.body)["probability"] for outcome in outcomes] == [[0.75, 0.25], [0.25], [0.75]]
    assert [data_of(outcome.body)["label"] for outcome in outcomes] == [[True, False], [False], [True]]
    assert json.loads(outcomes[2].body)["id"] == "a"
    assert [list(one.scores) for one in seen] == [[0.75, 0.25, 0.25, 0.75]]


@pytest.mark.parametrize("poison", [RuntimeError("no memory"), np.nan, np.inf, -np.inf])
def test_a_failure_is_one_requests_alone(unit: Any, poison: Any) -> None:
    model = model_of(unit, Engine(poison))

    outcomes, seen = model.answer([asked([GOOD]), asked([POISON]), asked([UNLIKELY])])

    assert [outcome.status for outcome in outcomes] == [200, 500, 200]
    assert sum(len(one.scores) for one in seen) == 2


def test_a_refusal_is_one_requests_alone(unit: Any) -> None:
    model = model_of(unit, Engine(0))
    unknown, broken = asked([GOOD], outputs=[{"name": "nothing"}]), asked([[24, *GOOD[1:]]])

    outcomes, _ = model.answer([asked([GOOD]), unknown, broken])

    assert [outcome.status for outcome in outcomes] == [200, 400, 400]
    assert "no output 'nothing'" in json.loads(outcomes[1].body)["error"]
    assert "row 0, input hour" in json.loads(outcomes[2].body)["error"]
