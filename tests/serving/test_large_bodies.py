"""Large bodies: what is good is answered whatever its texts and unused columns hold, what is too much is a 413."""

import gc
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlspec.runtime.payload import LARGE, Decoded, Payload, Refusal
from mlspec.runtime.requests import decode
from tests.serving.test_forms import ROWS, columns, csv, tensors

MANY = 300_000  # more values than 20,000 rows of this contract have
JUNK: list[dict[str, int]] = [{}] * MANY
BIASED = st.text(st.sampled_from('",[]{}\\:é😀a'), min_size=1, max_size=40)


@pytest.fixture
def contract(unit: Any) -> Any:
    return unit.contract


def sent(contract: Any, body: bytes, **more: Any) -> Decoded:
    assert len(body) > LARGE
    return decode(contract, Payload(body, **more))


def as_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.mark.parametrize("form", ["records", "columns"])
def test_what_an_unused_column_holds_is_no_concern(contract: Any, form: str) -> None:
    plain = {"records": ROWS} if form == "records" else {"columns": columns()}
    full: dict[str, Any] = {"records": [{**row, "note": JUNK} for row in ROWS]}
    if form == "columns":
        full = {"columns": {**columns(), "note": JUNK}}
    assert sent(contract, as_json(full)) == decode(contract, Payload(as_json(plain)))


@given(text=BIASED)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_taken_for_values(contract: Any, text: str) -> None:
    """Good rows are kept where there are few enough: 20,000 rows of texts, one of which is bad."""
    rows = [{**ROWS[0], "city": text} for _ in range(19_999)]
    decoded = sent(contract, as_json({"records": [*rows, {**ROWS[0], "km": -1}], "partial": True}))
    assert (decoded.count, decoded.total) == (19_999, 20_000)
    assert [(problem.row, problem.column) for problem in decoded.problems] == [(19_999, "km")]


@pytest.mark.parametrize("rows", [20_001, 60_000])
@pytest.mark.parametrize("form", ["records", "columns", "csv", "v2"])
def test_too_many_rows_are_a_413(contract: Any, form: str, rows: int) -> None:
    many = [ROWS[0]] * rows
    bodies: dict[str, tuple[bytes, dict[str, Any]]] = {
        "records": (as_json({"records": many}), {}),
        "columns": (as_json({"columns": columns(many)}), {}),
        "csv": (csv(many).encode(), {"content_type": "text/csv"}),
        "v2": (as_json(tensors(many)), {"protocol": "v2"}),
    }
    body, told = bodies[form]
    with pytest.raises(Refusal) as refused:
        sent(contract, body, **told)
    assert refused.value.status == 413
    assert "20000" in str(refused.value.body)


def test_the_first_thing_that_is_wrong_is_named(contract: Any) -> None:
    rows = [{**ROWS[0], "note": JUNK}, {**ROWS[0], "hour": "x"}]
    assert "$.records[1].hour" in reason(contract, {"records": rows})
    table = {**columns(), "note": JUNK}
    assert "Expected `int`" in reason(contract, {"columns": {**table, "hour": ["x", 1, 2]}}, "hour")
    assert "missing required field `hour`" in reason(contract, {"records": JUNK})
    assert "unknown field `junk`" in reason(contract, {"junk": JUNK})


def reason(contract: Any, document: Any, column: str | None = None) -> str:
    with pytest.raises(Refusal) as refused:
        sent(contract, as_json(document))
    (problem,) = refused.value.body["problems"]
    assert (refused.value.status, problem["column"]) == (400, column)
    return str(problem["reason"])


def test_a_csv_file_is_read_no_further_than_it_is_good(contract: Any) -> None:
    wide = b"hour,city\n1," + b"," * 10_000_000
    lines = ",".join(ROWS[0]).encode() + b"\n" + b'"' * 10_000_000
    for body in (wide, lines, b"," * 10_000_000):
        with pytest.raises(Refusal) as refused:
            sent(contract, body, content_type="text/csv")
        assert refused.value.status == 400
        assert "a row has more than" in str(refused.value.body)


def test_blank_lines_and_the_longest_fields_are_good_csv(contract: Any) -> None:
    """131,072 characters are the most that Python's csv reads in one field, each of them a quote here."""
    long = {**ROWS[0], "city": '"' + '""' * 131_072 + '"'}
    body = csv([long] * 3).replace("\r\n", "\r\n" * 1000).encode()
    assert sent(contract, body, content_type="text/csv").count == 3


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
def test_a_refused_body_is_let_go_at_once(contract: Any, kind: str) -> None:
    """Not when the garbage collector comes by: it counts objects, and a body is one, however large."""
    bodies = (as_json({"records": JUNK}), b'{"records":[' + b" " * LARGE, b'{"columns":{}, "records":[]}')
    for body in bodies:
        before = sys.getrefcount(body)
        with pytest.raises(Refusal) as refused:
            decode(contract, Payload(body, kind))
        del refused
        assert sys.getrefcount(body) == before
