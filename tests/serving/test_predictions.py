"""Requests in, predictions out: the same numbers as ONNX Runtime gives for the rows that were meant."""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest

FEATURES = ("hour", "city", "member", "km", "temp", "kind", "stops")
CITIES, KINDS = ["oslo", "rome", "lima"], ["day", "night"]


def url_event(body: Any, *, encoded: bool = False) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    event = {"version": "2.0", "requestContext": {"http": {"method": "POST", "path": "/"}}, "isBase64Encoded": encoded}
    return {**event, "body": base64.b64encode(text.encode()).decode() if encoded else text}


def record(row: Any) -> dict[str, Any]:
    """The record that means a row of the matrix."""

    def missing(value: float, then: Any) -> Any:
        return None if np.isnan(value) else then

    hour, city, member, km, temp, kind, stops = row.tolist()
    return {
        "hour": int(hour),
        "city": CITIES[int(city)],
        "member": bool(member),
        "km": km,
        "temp": missing(temp, temp),
        "kind": missing(kind, KINDS[int(0 if np.isnan(kind) else kind)]),
        "stops": missing(stops, int(0 if np.isnan(stops) else stops)),
    }


def onnx(unit: Any, matrix: Any) -> Any:
    session = onnxruntime.InferenceSession(str(unit.folder / "model" / "model.onnx"))
    return session.run(None, {"X": matrix})[-1]


def test_ten_thousand_rows_are_answered_as_onnx_runtime_answers_them(unit: Any) -> None:
    service = unit.service()
    matrix = unit.matrix[:10_000]
    body = {"records": [record(row) for row in matrix]}

    reply = service(url_event(body), None)

    assert reply["statusCode"] == 200
    predictions = json.loads(reply["body"])["predictions"]
    expected = onnx(unit, matrix)[:, 1]
    assert np.abs(np.array([p["probability"] for p in predictions]) - expected).max() < 1e-5
    assert [p["label"] for p in predictions] == (expected >= 0.5).tolist()


def test_an_answer_names_model_release_and_version(service: Any, good_row: dict[str, Any]) -> None:
    answer = service({"records": [good_row]}, None)

    assert {key: answer[key] for key in ("model", "release", "version")} == {
        "model": "rides",
        "release": "20260101000000-abcdef01",
        "version": "3",
    }
    assert len(answer["predictions"]) == 1


def test_all_ways_in_give_the_same_answer(service: Any, good_row: dict[str, Any]) -> None:
    body = {"records": [good_row, good_row]}

    direct = service(body, None)
    plain = service(url_event(body), None)
    encoded = service(url_event(body, encoded=True), None)

    assert plain == encoded
    assert plain["headers"]["content-type"] == "application/json"
    assert json.loads(plain["body"]) == direct


def test_an_unknown_category_is_answered_as_a_missing_one(unit: Any, service: Any, good_row: dict[str, Any]) -> None:
    unseen = {**good_row, "city": "paris", "kind": "dusk"}
    matrix = np.array([[7, np.nan, 1, 3.5, np.nan, np.nan, 2]], np.float32)

    answer = service({"records": [unseen]}, None)

    assert answer["predictions"][0]["probability"] == pytest.approx(float(onnx(unit, matrix)[0, 1]), abs=1e-6)


def test_columns_that_are_no_features_may_come_along(service: Any, good_row: dict[str, Any]) -> None:
    replayed = {**good_row, "ride": "x1", "at": "2026-01-01", "note": {"any": [1, None]}, "late": True}

    assert (
        service({"records": [replayed]}, None)["predictions"] == service({"records": [good_row]}, None)["predictions"]
    )


def test_classes_are_answered_by_name(make_unit: Callable[[str], Any], good_row: dict[str, Any]) -> None:
    unit = make_unit("multiclass")
    rows = unit.matrix[:50]

    answer = unit.service()({"records": [record(row) for row in rows]}, None)

    expected = onnx(unit, rows)
    for prediction, probabilities in zip(answer["predictions"], expected, strict=True):
        assert list(prediction["probabilities"]) == ["no", "bit", "very"]
        assert list(prediction["probabilities"].values()) == pytest.approx(probabilities.tolist(), abs=1e-5)
        assert prediction["class"] == ["no", "bit", "very"][int(probabilities.argmax())]


def test_numbers_are_answered_as_values(make_unit: Callable[[str], Any]) -> None:
    unit = make_unit("regression")
    rows = unit.matrix[:50]

    answer = unit.service()({"records": [record(row) for row in rows]}, None)

    assert [p["value"] for p in answer["predictions"]] == pytest.approx(onnx(unit, rows)[:, 0].tolist(), abs=1e-5)
