"""What a caller is told about a request that breaks the contract: every bad field, once, and never an error of ours."""

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["hour", "city", "member", "km", "temp", "kind", "stops", "ride", "note", "late", "x"])
VALUES = JSON | st.integers(-5, 30) | st.floats(-200, 200) | st.sampled_from(["rome", "day", True, None, 3])
LIKELY = st.fixed_dictionaries({"records": st.lists(st.dictionaries(FIELDS, VALUES, max_size=11), max_size=3)})
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def post(service: Any, body: str | bytes) -> tuple[int, dict[str, Any]]:
    encoded = isinstance(body, bytes)
    text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    reply = service({"requestContext": {}, "body": text, "isBase64Encoded": encoded}, None)
    return reply["statusCode"], json.loads(reply["body"])


BAD = [
    ("hour", 24, "expected a whole number from 0 to 23, got 24"),
    ("hour", -1, "expected a whole number from 0 to 23, got -1"),
    ("hour", 7.0, "expected a whole number from 0 to 23, got 7.0"),
    ("hour", "7", 'expected a whole number from 0 to 23, got "7"'),
    ("hour", True, "expected a whole number from 0 to 23, got true"),
    ("hour", None, "expected a whole number from 0 to 23, got null"),
    ("hour", ..., "expected a whole number from 0 to 23, got nothing"),
    ("hour", 10**30, "expected a whole number from 0 to 23, got 1" + "0" * 30),
    ("city", None, "expected a text, got null"),
    ("city", 3, "expected a text, got 3"),
    ("city", ["rome"], "expected a text, got a list"),
    ("member", 1, "expected true or false, got 1"),
    ("member", "true", 'expected true or false, got "true"'),
    ("km", 100.5, "expected a number from 0 to 100, got 100.5"),
    ("km", "3.5", 'expected a number from 0 to 100, got "3.5"'),
    ("km", False, "expected a number from 0 to 100, got false"),
    ("km", math.nan, "expected a number from 0 to 100, got a number that is not finite"),
    ("km", {"a": 1}, "expected a number from 0 to 100, got an object"),
    ("temp", 1e39, "expected a number that float32 can hold or null, got 1e+39"),
    ("temp", math.inf, "expected a number that float32 can hold or null, got a number that is not finite"),
    ("temp", -math.inf, "expected a number that float32 can hold or null, got a number that is not finite"),
    ("temp", math.nan, "expected a number that float32 can hold or null, got a number that is not finite"),
    ("temp", ..., "expected a number that float32 can hold or null, got nothing"),
    ("kind", 1, "expected a text or null, got 1"),
    ("stops", 2**63, "expected a whole number of 64 bits or null, got 9223372036854775808"),
    ("tmep", 3, "unknown column"),
]


@pytest.mark.parametrize(("column", "value", "reason"), BAD)
@pytest.mark.parametrize("direct", [False, True])
def test_a_bad_field_is_named_with_its_row_and_reason(
    service: Any, good_row: dict[str, Any], column: str, value: Any, reason: str, direct: bool
) -> None:
    bad = {key: item for key, item in {**good_row, column: value}.items() if item is not ...}
    body = {"records": [good_row, bad]}

    answer = service(body, None) if direct else post(service, json.dumps(body))[1]

    assert answer == {"error": "contract", "problems": [{"row": 1, "column": column, "reason": reason}]}


@pytest.mark.parametrize("form", ["records", "columns"])
@pytest.mark.parametrize("column", ["hour", "member", "km", "stops"])
def test_half_a_character_is_a_wrong_value_like_any_other(
    service: Any, good_row: dict[str, Any], form: str, column: str
) -> None:
    """JSON can spell it, and nothing else takes it."""
    bad = {**good_row, column: "\ud800"}
    body = {"records": [bad]} if form == "records" else {"columns": {name: [value] for name, value in bad.items()}}

    for status, answer in (post(service, json.dumps(body)), (400, service(body, None))):
        (problem,) = answer["problems"]
        assert (status, problem["row"], problem["column"]) == (400, 0, column)
        assert problem["reason"].endswith('got "\\ud800"')


@pytest.mark.parametrize("change", [{"name": "\ud800"}, {"datatype": "\ud800"}, {"id": "\ud800"}])
def test_half_a_character_that_would_have_to_be_sent_back_is_refused(service: Any, change: dict[str, Any]) -> None:
    tensor = {"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [7, 1, 1, 3.5, 0, 1, 2]}
    request = {"id": change["id"], "inputs": [tensor]} if "id" in change else {"inputs": [{**tensor, **change}]}

    assert service(request, None) == {"error": "a text has half of a character, which UTF-8 cannot spell"}


def test_all_bad_fields_of_all_rows_are_named(service: Any, good_row: dict[str, Any]) -> None:
    rows = [{**good_row, "hour": 99, "km": None}, good_row, {**good_row, "city": 1, "zzz": 0}, []]

    status, answer = post(service, json.dumps({"records": rows, "more": 1}))

    assert status == 400
    found = [(problem["row"], problem["column"]) for problem in answer["problems"]]
    assert found == [(None, "more"), (0, "hour"), (0, "km"), (2, "city"), (2, "zzz"), (3, None)]


def test_no_more_than_a_hundred_problems_are_listed(service: Any) -> None:
    status, answer = post(service, json.dumps({"records": [{}] * 5000}))

    assert status == 400
    assert len(answer["problems"]) == 100


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the body is empty"),
        ("{", "not JSON"),
        ("[]", "expected an object with the key records or columns, got an empty list"),
        ("null", "expected an object with the key records or columns, got null"),
        ("{}", "expected a list of at least one record, got nothing"),
        ('{"records": []}', "expected a list of at least one record, got an empty list"),
        ('{"records": {"hour": 1}}', "expected a list of at least one record, got an object"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 100_000, "the JSON is nested too deeply"),
        ('{"records": [{"hour": "7", "hour": 7}], "records": []}', "expected a list of at least one record"),
    ],
)
def test_what_is_no_request_is_told_so(service: Any, body: str | bytes, reason: str) -> None:
    status, answer = post(service, body)

    assert status == 400
    assert [problem["reason"].startswith(reason) for problem in answer["problems"]] == [True]


def test_what_only_the_decoder_minds_is_told_in_its_words(service: Any, good_row: dict[str, Any]) -> None:
    row = json.dumps({**good_row, "note": 0})
    twice = row.replace('"hour": 7', '"hour": "7", "hour": 7')
    endless = row.replace('"note": 0', '"note": 1e999')

    answers = [post(service, f'{{"records": [{text}]}}') for text in (twice, endless)]

    assert [status for status, _ in answers] == [400, 400]
    assert [answer["problems"][0]["reason"] for _, answer in answers] == [
        "Expected `int`, got `str` - at `$.records[0].hour`",
        "Number out of range - at `$.records[0].note`",
    ]


def test_a_body_that_is_not_base64_is_refused(service: Any) -> None:
    reply = service({"requestContext": {}, "body": "#", "isBase64Encoded": True}, None)

    assert reply["statusCode"] == 400


@pytest.mark.parametrize("good", [True, False])
def test_too_many_rows_are_refused_whatever_they_hold(service: Any, good_row: dict[str, Any], good: bool) -> None:
    status, answer = post(service, json.dumps({"records": [good_row if good else {}] * 20_001}))

    assert status == 413
    assert answer["reason"] == "20001 records; one request takes at most 20000"


@SETTINGS
@given(event=JSON)
def test_no_event_at_all_is_an_error_of_ours(service: Any, event: Any) -> None:
    answer = service(event, None)

    assert answer["error"] == "contract"
    assert answer["problems"]
    json.dumps(answer).encode()


@SETTINGS
@given(body=LIKELY)
def test_no_records_are_an_error_of_ours(service: Any, body: Any) -> None:
    direct = service(body, None)
    status, answer = post(service, json.dumps(body))

    assert status in (200, 400)
    assert (status == 200) == ("predictions" in direct)
    assert answer.get("problems", True)
    if status == 200:
        assert answer["predictions"] == direct["predictions"]


@SETTINGS
@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode("utf-8")))
def test_no_bytes_are_an_error_of_ours(service: Any, body: bytes) -> None:
    status, answer = post(service, body)

    assert status == 400
    assert answer["problems"]


@SETTINGS
@given(event=st.fixed_dictionaries({"requestContext": JSON, "body": JSON, "isBase64Encoded": JSON}))
def test_no_url_event_is_an_error_of_ours(service: Any, event: Any) -> None:
    assert service(event, None)["statusCode"] == 400
