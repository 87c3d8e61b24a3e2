"""Every form of a request gives the same rows: records, columns, CSV and tensors, whole or in part."""

import json
import sys
import warnings
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from mlspec.runtime.binary_tensors import values_of
from mlspec.runtime.layouts import in_bounds
from mlspec.runtime.payload import Decoded, Payload, Problem, Refusal, WithTensors
from mlspec.runtime.replies import encode_reply, replying
from mlspec.runtime.requests import decode

ROWS = [
    {"hour": 7, "city": "rome", "member": True, "km": 3.5, "temp": None, "kind": "night", "stops": 2},
    {"hour": 0, "city": "paris", "member": False, "km": 0.0, "temp": -3.25, "kind": None, "stops": None},
    {"hour": 23, "city": "lima", "member": True, "km": 100.0, "temp": 1e-3, "kind": "dusk", "stops": 0},
]
GOOD = [7, 1, 1, 3.5, 0, 1, 2]  # a row in the layout of training
INPUTS = {
    "hour": "INT32",
    "city": "BYTES",
    "member": "BOOL",
    "km": "FP32",
    "temp": "FP64",
    "kind": "BYTES",
    "stops": "INT64",
}


def columns(rows: list[dict[str, Any]] = ROWS) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def csv(rows: list[dict[str, Any]] = ROWS) -> str:
    def text(value: Any) -> str:
        return "" if value is None else str(value)

    return "\r\n".join([",".join(rows[0]), *(",".join(map(text, row.values())) for row in rows)]) + "\r\n"


def tensors(rows: list[dict[str, Any]] = ROWS, **more: Any) -> dict[str, Any]:
    def tensor(name: str, values: list[Any]) -> dict[str, Any]:
        return {"name": name, "shape": [len(values)], "datatype": INPUTS[name], "data": values}

    return {"inputs": [tensor(name, values) for name, values in columns(rows).items()], **more}


def sent(contract: Any, body: Any, **more: Any) -> Decoded:
    text = body if isinstance(body, str) else json.dumps(body)
    return decode(contract, Payload(text.encode(), **more))


def problems_of(contract: Any, body: Any, **more: Any) -> list[Problem]:
    with pytest.raises(Refusal) as refused:
        sent(contract, body, **more)
    assert refused.value.status == 400
    return [Problem(**problem) for problem in refused.value.body["problems"]]


def v2_error(contract: Any, body: Any) -> str:
    with pytest.raises(Refusal) as refused:
        sent(contract, body, protocol="v2")
    assert refused.value.status == 400
    assert list(refused.value.body) == ["error"]
    return str(refused.value.body["error"])


def test_every_form_gives_the_same_rows(unit: Any) -> None:
    contract = unit.contract

    records = sent(contract, {"records": ROWS})

    assert records.count == 3
    assert sent(contract, {"columns": columns()}).rows == records.rows
    assert sent(contract, csv(), content_type="text/csv").rows == records.rows
    assert sent(contract, "\ufeff" + csv(), content_type="text/csv; charset=utf-8").rows == records.rows
    assert sent(contract, tensors(), protocol="v2").rows == records.rows
    assert sent(contract, {"records": ROWS}, content_type="application/json; charset=utf-8").rows == records.rows


def test_tensors_may_be_nested_and_named_as_a_matrix(unit: Any) -> None:
    row = ROWS[0]
    records = sent(unit.contract, {"records": [row, row]})
    nested = tensors([row, row])
    for tensor in nested["inputs"]:
        tensor |= {"shape": [2, 1], "data": [[value] for value in tensor["data"]]}
    line = [7, 1, 1, 3.5, None, 1, 2]
    matrix = {"name": "X", "shape": [2, 7], "datatype": "FP32", "data": [line, line]}

    assert sent(unit.contract, nested, protocol="v2").rows == records.rows
    assert sent(unit.contract, {"inputs": [matrix]}, protocol="v2").rows == records.rows
    assert sent(unit.contract, {"inputs": [{**matrix, "data": line * 2}]}, protocol="v2").rows == records.rows


def attached(inputs: list[tuple[dict[str, Any], bytes]], **more: Any) -> Payload:
    """A request whose tensors follow its JSON."""
    told = [{**tensor, "parameters": {"binary_data_size": len(data)}} for tensor, data in inputs]
    head = json.dumps({"inputs": told, **more}).encode()
    return Payload(head + b"".join(data for _, data in inputs), protocol="v2", json_length=len(head))


def matrix(rows: list[list[float]], **more: Any) -> Payload:
    return matrix_of(np.array(rows, np.float32), **more)


def matrix_of(data: Any, **more: Any) -> Payload:
    return attached([({"name": "X", "shape": list(data.shape), "datatype": "FP32"}, data.tobytes())], **more)


def test_tensors_may_follow_the_json_as_they_are_in_memory(unit: Any) -> None:
    layouts = {"INT32": "<i4", "FP32": "<f4", "FP64": "<f8", "BOOL": "?", "INT64": "<i8"}
    row = {**ROWS[0], "temp": None}

    def tensor(name: str, value: Any) -> tuple[dict[str, Any], bytes]:
        kind = INPUTS[name]
        if kind == "BYTES":
            data = len(value).to_bytes(4, "little") + value.encode()
        else:
            data = np.array([np.nan if value is None else value], layouts[kind]).tobytes()
        return {"name": name, "shape": [1], "datatype": kind}, data

    records = sent(unit.contract, {"records": [row]})

    assert decode(unit.contract, attached([tensor(*item) for item in row.items()])).rows == records.rows
    assert decode(unit.contract, matrix([[7, 1, 1, 3.5, np.nan, 1, 2]])).rows == records.rows


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ([24, 1, 1, 3.5, 0, 1, 2], "row 1, input hour: expected a whole number from 0 to 23, got 24.0"),
        ([7.5, 1, 1, 3.5, 0, 1, 2], "row 1, input hour: expected a whole number from 0 to 23, got 7.5"),
        ([np.nan, 1, 1, 3.5, 0, 1, 2], "row 1, input hour: expected a whole number from 0 to 23, got null"),
        ([7, 3, 1, 3.5, 0, 1, 2], "row 1, input city: expected a whole number from 0 to 2, got 3.0"),
        ([7, 1, 1, 3.5, np.inf, 1, 2], "row 1, input temp: expected a number from"),
    ],
)
def test_a_matrix_in_memory_is_held_to_the_contract(unit: Any, row: list[float], error: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(unit.contract, matrix([[7, 1, 1, 3.5, 0, 1, 2], row]))

    assert str(refused.value.body["error"]).startswith(error)


@pytest.mark.parametrize(
    ("tensor", "data", "error"),
    [
        ({"datatype": "FP32", "shape": [1, 7]}, b"\0" * 27, "shape [1, 7] holds 7 values, data has 6.75"),
        ({"datatype": "FP64", "shape": [1]}, b"\0" * 7, "7 bytes are no whole number of FP64"),
        ({"datatype": "BYTES", "shape": [1]}, b"\1", "a text has no length before it"),
        ({"datatype": "BYTES", "shape": [1]}, b"\x09\0\0\0a", "a text is shorter than it says"),
        ({"datatype": "BYTES", "shape": [1]}, b"\1\0\0\0\xff", "'utf-8' codec can't decode"),
        ({"datatype": "TEXT", "shape": [1]}, b"", "there is no datatype 'TEXT'"),
    ],
)
def test_bytes_that_are_no_tensor_are_refused(unit: Any, tensor: dict[str, Any], data: bytes, error: str) -> None:
    request = attached([({"name": "X", **tensor}, data)])
    longer = replace(request, body=request.body + b"x")

    for payload, text in ((request, error), (longer, "follow the JSON")):
        with pytest.raises(Refusal) as refused:
            decode(unit.contract, payload)
        assert text in str(refused.value.body["error"])


def test_the_same_json_may_come_before_other_numbers(unit: Any) -> None:
    good = matrix([[7, 1, 1, 3.5, 0, 1, 2]])
    other, bad, short = (
        good.body[: good.json_length] + np.array(row, np.float32).tobytes()
        for row in ([8, 1, 1, 3.5, np.nan, 1, 2], [24, 1, 1, 3.5, 0, 1, 2], [7, 1, 1, 3.5, 0, 1])
    )

    def rows(body: bytes) -> list[float]:
        found = decode(unit.contract, Payload(body, protocol="v2", json_length=good.json_length)).rows
        return list(np.frombuffer(found, np.float32))

    for _ in range(2):
        assert rows(good.body) == [7, 1, 1, 3.5, 0, 1, 2]
        assert np.isnan(rows(other)[4])
        for body, error in ((bad, "row 0, input hour: expected a whole number"), (short, "24 follow the JSON")):
            with pytest.raises(Refusal) as refused:
                rows(body)
            assert error in str(refused.value.body["error"])


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 128, 150])
@pytest.mark.parametrize(("at", "value", "good"), [
    (0, 24, False), (0, -1, False), (0, 7.5, False), (0, np.nan, False), (3, np.inf, False), (3, -np.inf, False),
    (3, np.nextafter(np.float32(100), np.float32(101)), False), (3, 100, True), (4, np.nan, True), (6, 2.5, False),
    (6, np.nan, True),
])  # fmt: skip
@pytest.mark.parametrize("numpy", [True, False])
def test_one_value_among_many_rows_is_seen(
    unit: Any, rows: int, at: int, value: float, good: bool, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks at many rows at once says what is said of each row by itself, wherever the row is."""
    if not numpy:
        monkeypatch.setitem(sys.modules, "numpy", None)
    for place in {0, rows // 2, rows - 1}:
        values = np.array([GOOD] * rows, np.float32)
        values[place, at] = value

        assert in_bounds(unit.contract, values.tobytes()) == good
        if good:
            assert decode(unit.contract, matrix(values.tolist())).rows == values.tobytes()
        else:
            with pytest.raises(Refusal) as refused:
                decode(unit.contract, matrix(values.tolist()))
            assert str(refused.value.body["error"]).startswith(f"row {place}, input {list(INPUTS)[at]}: ")


@pytest.mark.parametrize("numpy", [True, False])
def test_a_nan_that_signals_is_missing_like_any_other(unit: Any, numpy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.array([GOOD], np.float32)
    values.view(np.uint32)[0, [4, 6]] = 0x7FA00000
    if not numpy:
        monkeypatch.setitem(sys.modules, "numpy", None)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert in_bounds(unit.contract, values.tobytes())
        assert np.isnan(np.frombuffer(decode(unit.contract, matrix_of(values)).rows, np.float32)[[4, 6]]).all()


@pytest.mark.parametrize("numpy", [True, False])
@pytest.mark.parametrize(("column", "good"), [
    ([np.nan, np.nan], False), ([np.inf, -np.inf], False), ([-np.inf, np.inf], False), ([np.nan, np.inf], False),
    ([5.0, np.nan], False), ([np.nan, 5.0], False), ([-0.0, 1e-45], True), ([0.0, 100.0], True),
])  # fmt: skip
def test_what_sums_and_orders_do_not_show_is_seen(
    unit: Any, column: list[float], good: bool, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not numpy:
        monkeypatch.setitem(sys.modules, "numpy", None)
    values = np.array([GOOD] * len(column), np.float32)
    values[:, 3] = column

    assert in_bounds(unit.contract, values.tobytes()) == good


@pytest.mark.parametrize("partial", [False, True])
def test_columns_without_rows_are_refused_as_records_are(unit: Any, partial: bool) -> None:
    empty: dict[str, Any] = {name: [] for name in columns()}

    found = problems_of(unit.contract, {"columns": empty, "partial": partial})

    reason = "expected a list of at least one value, got an empty list"
    assert found == [Problem(None, name, reason) for name in empty]


@pytest.mark.parametrize("data", [[GOOD[:3], GOOD[3:] + GOOD], [GOOD + GOOD], [[value] for value in GOOD + GOOD]])
def test_lists_in_lists_are_as_long_as_the_shape_says(unit: Any, data: list[list[float]]) -> None:
    tensor = {"name": "X", "shape": [2, 7], "datatype": "FP32", "data": data}
    with pytest.raises(Refusal) as refused:
        decode(unit.contract, Payload(json.dumps({"inputs": [tensor]}).encode(), protocol="v2"))
    assert "not as long as shape [2, 7] says" in refused.value.body["error"]


@pytest.mark.parametrize("partial", [False, True])
def test_columns_that_are_no_table_are_refused(unit: Any, partial: bool) -> None:
    table = {**columns(), "km": [1.0], "hour": 7, "more": [1]}
    del table["city"]

    found = problems_of(unit.contract, {"columns": table, "partial": partial})

    assert found == [
        Problem(None, "hour", "expected a list of at least one value, got 7"),
        Problem(None, "city", "expected a list of at least one value, got nothing"),
        Problem(None, "more", "unknown column"),
        Problem(None, "km", "1 values, where member has 3"),
    ]


def test_a_bad_value_is_named_alike_in_every_form(unit: Any) -> None:
    rows = [ROWS[0], {**ROWS[1], "hour": 99}, {**ROWS[2], "km": None}]
    expected = [
        Problem(1, "hour", "expected a whole number from 0 to 23, got 99"),
        Problem(2, "km", "expected a number from 0 to 100, got null"),
    ]
    in_csv = [expected[0]._replace(reason='expected a whole number from 0 to 23, got "99"'), expected[1]]

    assert problems_of(unit.contract, {"records": rows}) == expected
    assert problems_of(unit.contract, {"columns": columns(rows)}) == expected
    assert problems_of(unit.contract, csv(rows), content_type="text/csv") == in_csv
    assert v2_error(unit.contract, tensors(rows)) == "; ".join(
        f"row {problem.row}, input {problem.column}: {problem.reason}" for problem in expected
    )


@pytest.mark.parametrize("form", ["records", "columns", "csv"])
def test_good_rows_are_kept_where_the_caller_wants_them(unit: Any, form: str) -> None:
    rows = [{**ROWS[0], "hour": 99}, ROWS[1], {**ROWS[2], "km": None}, ROWS[2]]
    bodies = {
        "records": {"records": rows, "partial": True},
        "columns": {"columns": columns(rows), "partial": True},
        "csv": csv(rows),
    }
    more = {"content_type": "text/csv", "partial": True} if form == "csv" else {}

    decoded = sent(unit.contract, bodies[form], **more)

    assert decoded.rows == sent(unit.contract, {"records": [ROWS[1], ROWS[2]]}).rows
    assert (decoded.count, decoded.total, list(decoded.places or ())) == (2, 4, [1, 3])
    assert [(problem.row, problem.column) for problem in decoded.problems] == [(0, "hour"), (2, "km")]


def test_a_partial_answer_has_null_in_the_place_of_each_refused_row(service: Any, good_row: dict[str, Any]) -> None:
    whole = service({"records": [good_row]}, None)

    answer = service({"records": [{}, good_row, 3, good_row], "partial": True}, None)

    good = whole["predictions"][0]
    assert answer["predictions"] == [None, good, None, good]
    assert {problem["row"] for problem in answer["problems"]} == {0, 2}


def test_where_no_row_is_good_there_is_nothing_to_keep(unit: Any) -> None:
    for body in ({"records": [{}], "partial": True}, {"columns": {**columns(), "hour": [99] * 3}, "partial": True}):
        assert problems_of(unit.contract, body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "expected a header line and at least one row, got nothing"),
        ("hour,hour\n1,2\n", "there are two columns of this name"),
        ("1,2,1\n", f"the first line names no column; expected a header line: {', '.join(ROWS[0])}"),
        ("hour,city\n1\n", "expected 2 fields, got 1"),
        ('hour\n"1', "not CSV: unexpected end of data"),
        (csv().splitlines()[0], "expected a header line and at least one row, got a header line alone"),
    ],
)
def test_what_is_no_csv_is_told_so(unit: Any, body: str, reason: str) -> None:
    assert problems_of(unit.contract, body, content_type="text/csv")[0].reason == reason


def test_csv_reads_types_out_of_text(unit: Any) -> None:
    text = csv([{**ROWS[0], "hour": "7.0", "member": "TRUE", "km": "35e-1"}])

    assert sent(unit.contract, text, content_type="text/csv").rows == sent(unit.contract, {"records": ROWS[:1]}).rows
    assert problems_of(unit.contract, csv([{**ROWS[0], "km": "nan"}]), content_type="text/csv")
    assert problems_of(unit.contract, csv([{**ROWS[0], "member": "yes"}]), content_type="text/csv")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"inputs": []}, "Expected `array` of length >= 1"),
        ({"inputs": [{"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [1]}]}, "shape [1, 7] holds 7 values"),
        ({"inputs": [{"name": "X", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}, "of shape [rows, 7]"),
        ({"inputs": [{"name": "X", "shape": [0, 7], "datatype": "FP32", "data": []}]}, "no rows"),
        ({"inputs": [{"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [7, 3, 1, 1, 1, 1, 1]}]},
         "row 0, input city: expected a whole number from 0 to 2, got 3"),
        ({"inputs": [{"name": "hour", "shape": [1], "datatype": "FP32", "data": [1]}]}, "expected datatype INT8"),
        ({"inputs": [{"name": "hour", "shape": [1], "datatype": "INT8", "data": [1]}]}, "input city: expected a list"),
        ({"inputs": [{"name": "hour", "shape": [-1], "datatype": "INT8", "data": [1]}]}, "Expected `int` >= 0"),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_are_refused_in_one_text(unit: Any, change: Any, error: str) -> None:
    assert error in v2_error(unit.contract, change)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml"])
def test_other_media_types_are_refused(unit: Any, kind: str) -> None:
    with pytest.raises(Refusal) as refused:
        sent(unit.contract, "{}", content_type=kind)

    assert refused.value.status == 415


KINDS: list[tuple[str, dict[str, Any], Any, list[tuple[str, str, list[int]]]]] = [
    ("binary", {"classes": [False, True]}, [0.25, 0.75], [("probability", "FP32", [2]), ("label", "BOOL", [2])]),
    ("multiclass", {"classes": ["no", "bit", "very"]}, [[0.1, 0.2, 0.7]] * 2,
     [("class", "BYTES", [2]), ("probabilities", "FP32", [2, 3])]),
    ("regression", {"classes": []}, [1.5, 2.5], [("value", "FP32", [2])]),
    ("regression", {"classes": [], "output": "values", "outputs": ["low", "high"]}, [[1.5, 2.5]] * 2,
     [("low", "FP32", [2]), ("high", "FP32", [2])]),
    ("regression", {"classes": [], "output": "embedding"}, [[0.5, 0.25, 1.0]] * 2, [("embedding", "FP32", [2, 3])]),
]  # fmt: skip
ANSWERS = [
    [{"probability": 0.25, "label": False}, {"probability": 0.75, "label": True}],
    [{"class": "very", "probabilities": {"no": 0.1, "bit": 0.2, "very": 0.7}}] * 2,
    [{"value": 1.5}, {"value": 2.5}],
    [{"values": {"low": 1.5, "high": 2.5}}] * 2,
    [{"embedding": [0.5, 0.25, 1.0]}] * 2,
]


@pytest.mark.parametrize(("kind", "answers"), list(zip(KINDS, ANSWERS, strict=True)))
def test_every_kind_of_answer_has_its_form_in_both_protocols(unit: Any, kind: Any, answers: Any) -> None:
    task, description, scores, outputs = kind
    contract = msgspec.structs.replace(Contract(), TASK=task)
    release = replying(contract, {"release": "r1", **description}, "3")  # type: ignore[arg-type]

    plain = json.loads(encode_reply(release, Decoded(b"", 2), scores))
    v2 = json.loads(encode_reply(release, Decoded(b"", 2, protocol="v2", id="a"), scores))
    named = json.loads(encode_reply(release, Decoded(b"", 2, protocol="v2", outputs=[outputs[-1][0]]), scores))

    assert plain == {"model": "rides", "release": "r1", "version": "3", "predictions": answers}
    assert (v2["model_name"], v2["model_version"], v2["id"]) == ("rides", "r1", "a")
    assert [(output["name"], output["datatype"], output["shape"]) for output in v2["outputs"]] == outputs
    assert all(len(output["data"]) == np.prod(output["shape"]) for output in v2["outputs"])
    assert named["outputs"] == v2["outputs"][-1:]


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_may_follow_the_json_as_they_are_in_memory(unit: Any, kind: Any) -> None:
    task, description, scores, outputs = kind
    contract = msgspec.structs.replace(Contract(), TASK=task)
    release = replying(contract, {"release": "r1", **description}, "3")  # type: ignore[arg-type]
    plain = json.loads(encode_reply(release, Decoded(b"", 2, protocol="v2", id="a"), scores))

    for attached in (None, [outputs[-1][0]]):
        body = encode_reply(release, Decoded(b"", 2, protocol="v2", id="a", attached=attached), scores)

        assert isinstance(body, WithTensors)
        said, rest = json.loads(body[: body.json_length]), body[body.json_length :]
        assert (said["model_name"], said["model_version"], said["id"]) == ("rides", "r1", "a")
        for told, expected in zip(said["outputs"], plain["outputs"], strict=True):
            if attached is None or told["name"] in attached:
                size = told.pop("parameters")["binary_data_size"]
                told["data"], rest = values_of(told["datatype"], rest[:size]), rest[size:]
                expected["data"] = pytest.approx(expected["data"]) if told["datatype"] == "FP32" else expected["data"]
            assert told == expected
        assert rest == b""


@pytest.mark.parametrize(
    ("asked", "attached"),
    [
        ({}, []),
        ({"parameters": {"binary_data_output": True}}, None),
        ({"outputs": [{"name": "label", "parameters": {"binary_data": True}}, {"name": "probability"}]}, ["label"]),
        ({"outputs": [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probability"}],
          "parameters": {"binary_data_output": True}}, ["probability"]),
    ],
)  # fmt: skip
def test_a_request_says_which_outputs_it_wants_as_bytes(unit: Any, asked: dict[str, Any], attached: Any) -> None:
    assert sent(unit.contract, tensors(**asked), protocol="v2").attached == attached
    assert decode(unit.contract, matrix([GOOD], **asked)).attached == attached
    assert decode(unit.contract, Payload(tensors(**asked), protocol="v2")).attached == []  # what has no bytes


@pytest.mark.parametrize(
    "asked",
    [
        {"parameters": {"binary_data_output": 1}},
        {"outputs": [{"name": "label", "parameters": {"binary_data": "yes"}}]},
    ],
)
def test_what_is_wanted_as_bytes_is_said_by_true_or_false(unit: Any, asked: dict[str, Any]) -> None:
    assert "is true or false" in v2_error(unit.contract, tensors(**asked))
    with pytest.raises(Refusal):
        decode(unit.contract, matrix([GOOD], **asked))


def test_an_output_that_the_model_does_not_have_is_refused() -> None:
    release = replying(Contract(), {"release": "r1", "classes": [False, True]}, "3")  # type: ignore[arg-type]

    with pytest.raises(Refusal) as refused:
        encode_reply(release, Decoded(b"", 1, protocol="v2", outputs=["nothing"]), [0.5])

    assert refused.value.body == {"error": "there is no output 'nothing'; the outputs are probability, label"}


def test_an_output_is_wanted_once() -> None:
    release = replying(Contract(), {"release": "r1", "classes": [False, True]}, "3")  # type: ignore[arg-type]

    with pytest.raises(Refusal, match="two outputs have the same name"):
        encode_reply(release, Decoded(b"", 1, protocol="v2", outputs=["label", "label"]), [0.5])


def test_explanations_stand_beside_their_predictions() -> None:
    release = replying(Contract(), {"release": "r1", "classes": [False, True]}, "3")  # type: ignore[arg-type]
    why = {"base": 0.25, "values": {"km": 0.5, "hour": -0.25}}

    plain = json.loads(encode_reply(release, Decoded(b"", 1), [0.5], [why]))
    v2 = json.loads(encode_reply(release, Decoded(b"", 1, protocol="v2"), [0.5], [why]))

    assert plain["predictions"] == [{"probability": 0.5, "label": True, "explanation": why}]
    assert [output["data"] for output in v2["outputs"][2:]] == [[0.25], [0.5, -0.25]]


class Contract(msgspec.Struct):
    """As much of a contract as a reply needs."""

    MODEL: str = "rides"
    TASK: str = "binary"
