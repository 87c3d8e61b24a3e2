"""A state survives being written and read, and one that did not survive is refused."""

import json
from dataclasses import replace

import pytest

from mlspec.compiler.state import parse_state, print_state, state_document
from mlspec.specs.diagnostics import SpecError
from tests.compiler.graphs import graph
from tests.compiler.states import applied, unfinished
from tests.compiler.test_emit import bundle_of

STATE = unfinished(applied(bundle_of(graph())), "inference", made=False)


def code_of(content: bytes | str) -> str:
    """The code of the diagnostic that refuses a content."""
    with pytest.raises(SpecError) as caught:
        parse_state(content)
    return caught.value.diagnostics[0].code


def test_a_state_is_read_as_it_was_written() -> None:
    assert parse_state(print_state(STATE)) == STATE
    assert parse_state(state_document(STATE)) == STATE
    assert parse_state(json.loads(json.dumps(state_document(STATE)))) == STATE


def test_equal_states_are_equal_bytes() -> None:
    turned = parse_state(
        state_document(STATE) | {"resources": dict(reversed(state_document(STATE)["resources"].items()))}
    )
    assert print_state(turned) == print_state(STATE)


def test_a_state_cut_short_anywhere_is_refused() -> None:
    content = print_state(STATE)
    assert {code_of(content[:length]) for length in range(0, len(content) - 1, 211)} == {"ML510"}


def test_an_edited_state_is_refused() -> None:
    assert code_of(print_state(STATE).replace(b'"serial": 1', b'"serial": 2')) == "ML510"


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", '{"checksum": 1}', "\xff", b"\xff\x00"])
def test_what_is_no_state_is_refused(content: bytes | str) -> None:
    assert code_of(content) == "ML510"


def test_another_format_is_said_so() -> None:
    with pytest.raises(SpecError, match="format 2"):
        parse_state(state_document(STATE) | {"format": 2})


@pytest.mark.parametrize("missing", ["serial", "resources", "lineage"])
def test_a_state_with_a_part_missing_is_refused(missing: str) -> None:
    document = state_document(STATE)
    del document[missing]
    with pytest.raises(SpecError, match="ML510"):
        parse_state(document)


def test_what_an_apply_left_over_keeps_its_own_name() -> None:
    held = STATE.resources["inference"]
    assert replace(held, name="inference (old)").entry.name == "inference (old)"
    assert replace(held, declared={}).entry.type == held.type
