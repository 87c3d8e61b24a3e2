"""Matrices that waited together are answered as one; what goes wrong with one of them is that one's alone."""

import json
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from mlspec.runtime.http_head import Head, Route
from mlspec.runtime.http_model import Model
from mlspec.runtime.serving_release import Explaining, Release

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
    release = Release(described, engine, "onnx", None, "", Explaining("", described, 10.0))  # type: ignore[arg-type]
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


BACK = {"parameters": {"binary_data_output": True}}


@pytest.mark.parametrize("wanted", [
    {}, {"id": "a"}, {"outputs": [{"name": "label"}, {"name": "probability"}]}, {"outputs": [{"name": "label"}]},
    {"outputs": [{"name": "probability"}, {"name": "label", "parameters": {"binary_data": False}}]},
])  # fmt: skip
def test_bytes_of_outputs_are_those_of_a_request_by_itself(unit: Any, wanted: dict[str, Any]) -> None:
    """Whether its JSON has come before or not, and whatever comes beside it."""
    model = model_of(unit, Engine(0))
    first, second = asked([GOOD, UNLIKELY], **BACK, **wanted), asked([UNLIKELY, UNLIKELY], **BACK, **wanted)
    alone = [model._singly([one])[0][0] for one in (first, second)]

    for _ in range(2):
        outcomes, _ = model.answer([first, asked([GOOD]), second])

        assert [outcomes[0], outcomes[2]] == alone
        assert (outcomes[0].body != outcomes[2].body, outcomes[0].json_length > 0) == (True, True)
        assert outcomes[1].json_length == 0


def test_what_is_to_be_read_closely_is(unit: Any) -> None:
    """As long as JSON, or with more or less behind it than that says."""
    engine = Engine(0)
    model = model_of(unit, engine)
    head, body, *rest = asked([GOOD], **BACK)
    more, less = (head, body + bytes(4), *rest), (head, body[:-4], *rest)
    explained = (replace(head, explain=True), body, *rest)

    for other, status in ((more, 400), (less, 400), (explained, 400), (asked([GOOD], id="x" * 5000), 200)):
        outcomes, _ = model.answer([asked([GOOD]), other])

        assert [outcome.status for outcome in outcomes] == [200, status]
