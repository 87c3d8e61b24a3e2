"""The judge: limits, the champion, segments, what is missing, and that better is never worse."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlspec.runtime.gates import Gate, describe, judge

FLOOR = Gate("roc_auc", minimum=0.6)
VERSUS = Gate("roc_auc", tolerance=0.005, confidence=0.95)
MEANS = Gate("roc_auc", tolerance=0.005)
EACH = Gate("roc_auc", minimum=0.52, each="carrier", min_rows=500)
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
NOT_NUMBERS: list[Any] = [None, math.nan, math.inf, -math.inf, "0.9", True, [0.9], {}]


def measured(challenger: Any, champion: Any = None, **more: Any) -> dict[str, Any]:
    return {"metrics": {"challenger": challenger, "champion": champion}, **more}


def passes(gate: Gate, evaluation: dict[str, Any], *, champion: str = "") -> bool:
    return all(judgement.passed for judgement in judge(evaluation, (gate,), champion=champion))


@pytest.mark.parametrize(
    ("gate", "metric", "value", "expected"),
    [
        (FLOOR, "roc_auc", 0.6, True),
        (FLOOR, "roc_auc", 0.5999, False),
        (Gate("latency_p99", maximum=20.0), "latency_p99", 20.0, True),
        (Gate("latency_p99", maximum=20.0), "latency_p99", 20.1, False),
        (Gate("log_loss", maximum=0.5), "log_loss", 0.4, True),
    ],
)
def test_limits(gate: Gate, metric: str, value: float, expected: bool) -> None:
    assert passes(gate, measured({metric: value})) is expected


@pytest.mark.parametrize("value", NOT_NUMBERS)
@pytest.mark.parametrize("gate", [FLOOR, Gate("roc_auc", maximum=2.0), VERSUS, MEANS])
def test_what_is_no_number_is_refused(gate: Gate, value: Any) -> None:
    evaluation = measured({"roc_auc": value}, {"roc_auc": 0.1}, differences={"roc_auc": {"lower": {"0.95": 1.0}}})
    assert not passes(gate, evaluation, champion="one")


@pytest.mark.parametrize("evaluation", [{}, {"metrics": None}, {"metrics": {"challenger": None}}, {"metrics": []}])
@pytest.mark.parametrize("gate", [FLOOR, VERSUS, MEANS, EACH])
def test_what_is_missing_is_refused(gate: Gate, evaluation: dict[str, Any]) -> None:
    assert not passes(gate, evaluation)
    assert not passes(gate, evaluation, champion="one")


def test_without_a_champion_there_is_nothing_to_compare() -> None:
    (judgement,) = judge(measured({"roc_auc": 0.7}), (VERSUS,), champion="")
    assert judgement.passed
    assert judgement.reason == "there is no champion to compare with yet"


@pytest.mark.parametrize(("lower", "expected"), [(-0.005, True), (-0.0051, False), (0.01, True), (math.nan, False)])
def test_confidence_uses_the_lower_bound(lower: float, expected: bool) -> None:
    differences = {"roc_auc": {"mean": 0.1, "lower": {"0.950": lower}}}
    evaluation = measured({"roc_auc": 0.9}, {"roc_auc": 0.7}, differences=differences)
    assert passes(VERSUS, evaluation, champion="one") is expected


@pytest.mark.parametrize("differences", [None, {}, {"roc_auc": {"mean": 0.1}}, {"roc_auc": {"lower": {"0.9": 0.1}}}])
def test_an_unmeasured_difference_is_refused(differences: Any) -> None:
    evaluation = measured({"roc_auc": 0.9}, {"roc_auc": 0.7}, differences=differences)
    assert not passes(VERSUS, evaluation, champion="one")


@pytest.mark.parametrize("rival", [None, {}, {"roc_auc": math.nan}])
def test_an_unmeasured_champion_is_refused(rival: Any) -> None:
    differences = {"roc_auc": {"lower": {"0.95": 0.1}}}
    for gate in (VERSUS, MEANS):
        assert not passes(gate, measured({"roc_auc": 0.9}, rival, differences=differences), champion="one")


@pytest.mark.parametrize(
    ("metric", "value", "rival", "expected"),
    [
        ("roc_auc", 0.72, 0.725, True),
        ("roc_auc", 0.7199, 0.725, False),
        ("log_loss", 0.505, 0.5, True),
        ("log_loss", 0.506, 0.5, False),
        ("mae", 1.0, 2.0, True),
    ],
)
def test_means_are_compared_in_the_metrics_own_direction(
    metric: str, value: float, rival: float, expected: bool
) -> None:
    gate = Gate(metric, tolerance=0.005)
    assert passes(gate, measured({metric: value}, {metric: rival}), champion="one") is expected


def segments(**told: Any) -> dict[str, Any]:
    return {"segments": {"carrier": told}}


def test_each_segment_with_enough_rows_is_judged() -> None:
    big, small = {"rows": 500, "challenger": {"roc_auc": 0.51}}, {"rows": 499, "challenger": {"roc_auc": 0.1}}
    judged = judge(segments(UA=big, AA={**big, "challenger": {"roc_auc": 0.9}}, YV=small), (EACH,), champion="")
    assert [(one.segment, one.passed) for one in judged] == [("carrier=AA", True), ("carrier=UA", False)]


@pytest.mark.parametrize(
    "evaluation",
    [
        {},
        segments(),
        segments(UA={"rows": 10, "challenger": {"roc_auc": 0.9}}),
        segments(UA={"challenger": {"roc_auc": 0.9}}),
        segments(UA={"rows": math.nan, "challenger": {"roc_auc": 0.9}}),
        segments(UA={"rows": 900, "challenger": {"roc_auc": None}}),
        segments(UA={"rows": 900}),
        segments(UA=None),
    ],
)
def test_segments_that_were_not_measured_are_refused(evaluation: dict[str, Any]) -> None:
    assert not passes(EACH, evaluation)


def test_a_failed_check_of_the_data_is_refused() -> None:
    checks = [{"check": "leakage", "passed": False, "detail": "dep_delay tells the label"}]
    judged = judge(measured({"roc_auc": 0.9}, checks=checks), (FLOOR,), champion="")
    assert [one.passed for one in judged] == [False, True]
    assert judged[0].reason == "leakage: dep_delay tells the label"


@pytest.mark.parametrize("limits", [{}, {"minimum": 0.1, "maximum": 0.9}, {"minimum": 0.1, "tolerance": 0.0}])
def test_a_gate_has_one_limit(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="exactly one limit"):
        Gate("roc_auc", **limits)


def test_gates_in_words() -> None:
    assert [describe(gate) for gate in (FLOOR, VERSUS, EACH)] == [
        "roc_auc at least 0.6",
        "roc_auc at most 0.005 worse than the champion, 95% sure",
        "roc_auc at least 0.52 for each carrier",
    ]


@given(value=FINITE, better=st.floats(0, 1e6), limit=FINITE)
def test_raising_a_metric_never_turns_a_pass_into_a_refusal(value: float, better: float, limit: float) -> None:
    gate = Gate("roc_auc", minimum=limit)
    if passes(gate, measured({"roc_auc": value})):
        assert passes(gate, measured({"roc_auc": value + better}))


@given(value=FINITE, better=st.floats(0, 1e6), rival=FINITE, tolerance=st.floats(0, 10), less=st.booleans())
def test_a_better_challenger_is_never_refused_for_it(
    value: float, better: float, rival: float, tolerance: float, less: bool
) -> None:
    metric = "log_loss" if less else "roc_auc"
    gate, step = Gate(metric, tolerance=tolerance), -better if less else better
    if passes(gate, measured({metric: value}, {metric: rival}), champion="one"):
        assert passes(gate, measured({metric: value + step}, {metric: rival}), champion="one")


@given(
    evaluation=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "metrics",
                        "challenger",
                        "champion",
                        "segments",
                        "carrier",
                        "differences",
                        "roc_auc",
                        "lower",
                        "0.95",
                        "x",
                        "rows",
                        "checks",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_the_evaluation_is_it_is_judged_and_rarely_passed(evaluation: Any) -> None:
    document = evaluation if isinstance(evaluation, dict) else {}
    for judgement in judge(document, (FLOOR, VERSUS, MEANS, EACH), champion="one"):
        assert not judgement.passed or (judgement.value is not None and math.isfinite(judgement.value))
