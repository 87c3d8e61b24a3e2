"""Judges an evaluation by the spec's gates: what was not measured is refused, never passed."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlspec.runtime.output_metrics import metric_of

_LESS_IS_BETTER = frozenset({"log_loss", "brier", "mae", "rmse", "latency_p99"})
_SLACK = 1e-12  # binary fractions: 0.725 - 0.005 must not be more than 0.72


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of the spec; exactly one of `minimum`, `maximum` and `tolerance` (against the champion) is set. The
    `metric` may be of one output: `rmse of cost`.

    `line` is the line of the spec that asks for it; `each` is the column whose segments are judged one by one."""

    metric: str
    line: str = ""
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float | None = None
    confidence: float | None = None
    each: str = ""
    min_rows: int = 0

    def __post_init__(self) -> None:
        if [self.minimum, self.maximum, self.tolerance].count(None) != 2:
            raise ValueError(f"the gate on {self.metric} needs exactly one limit")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one gate says of the whole test set, or of one segment of it."""

    gate: str
    value: float | None
    limit: float | None
    champion: float | None
    segment: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Measured:
    """Metrics of challenger and champion on the same rows, and how sure the differences are."""

    challenger: Any
    champion: Any
    differences: Any
    segment: str = ""


def judge(evaluation: Mapping[str, Any], gates: tuple[Gate, ...], *, champion: str) -> tuple[Judgement, ...]:
    """Every judgement, in the gates' order; failed checks of the data come first. All must have passed."""
    judged = list(_checks(evaluation.get("checks")))
    for gate in gates:
        judged.extend(_segments(gate, evaluation, champion) if gate.each else [_whole(gate, evaluation, champion)])
    return tuple(judged)


def as_json(judgement: Judgement) -> dict[str, Any]:
    """The judgement as JSON values."""
    return asdict(judgement)


def describe(gate: Gate) -> str:
    """The gate in words."""
    where = f" for each {gate.each}" if gate.each else ""
    if gate.tolerance is not None:
        sure = f", {gate.confidence:.0%} sure" if gate.confidence is not None else ""
        return f"{gate.metric} at most {gate.tolerance:g} worse than the champion{sure}{where}"
    limit = f"at least {gate.minimum:g}" if gate.minimum is not None else f"at most {gate.maximum:g}"
    return f"{gate.metric} {limit}{where}"


def _checks(checks: Any) -> Iterator[Judgement]:
    for check in checks if isinstance(checks, list) else ():
        if not (isinstance(check, Mapping) and check.get("passed") is True):
            told = check if isinstance(check, Mapping) else {}
            name, detail = str(told.get("check", "a check")), str(told.get("detail", "did not pass"))
            yield Judgement(f"check {name}", None, None, None, "", False, f"{name}: {detail}")


def _whole(gate: Gate, evaluation: Mapping[str, Any], champion: str) -> Judgement:
    metrics = _mapping(evaluation.get("metrics"))
    differences = evaluation.get("differences")
    return _one(gate, _Measured(metrics.get("challenger"), metrics.get("champion"), differences), champion)


def _segments(gate: Gate, evaluation: Mapping[str, Any], champion: str) -> list[Judgement]:
    segments = _mapping(_mapping(evaluation.get("segments")).get(gate.each))
    judged = [_segment(gate, name, segments[name], champion) for name in sorted(segments)]
    found = [judgement for judgement in judged if judgement is not None]
    if found:
        return found
    reason = f"no segment of {gate.each} with {gate.min_rows} test rows was measured"
    return [Judgement(describe(gate), None, _limit(gate), None, gate.each, False, reason)]


def _segment(gate: Gate, name: str, segment: Any, champion: str) -> Judgement | None:
    """The judgement of one segment; none where it has too few rows to be judged."""
    told, label = _mapping(segment), f"{gate.each}={name}"
    rows = _number(told.get("rows"))
    if rows is None:
        reason = f"{label}: the number of rows is missing"
        return Judgement(describe(gate), None, _limit(gate), None, label, False, reason)
    if rows < gate.min_rows:
        return None
    return _one(gate, _Measured(told.get("challenger"), told.get("champion"), None, label), champion)


def _one(gate: Gate, measured: _Measured, champion: str) -> Judgement:
    value = _number(_mapping(measured.challenger).get(gate.metric))
    rival = _number(_mapping(measured.champion).get(gate.metric)) if champion else None
    passed, reason = _decide(gate, value, rival, measured=measured, champion=champion)
    told = f"{measured.segment}: {reason}" if measured.segment else reason
    return Judgement(describe(gate), value, _limit(gate), rival, measured.segment, passed, told)


def _decide(
    gate: Gate, value: float | None, rival: float | None, *, measured: _Measured, champion: str
) -> tuple[bool, str]:
    if value is None:
        return False, f"{gate.metric} was not measured"
    if gate.minimum is not None:
        return value >= gate.minimum, f"{gate.metric} is {value:.6g}, at least {gate.minimum:g} is asked for"
    if gate.maximum is not None:
        return value <= gate.maximum, f"{gate.metric} is {value:.6g}, at most {gate.maximum:g} is allowed"
    if not champion:
        return True, "there is no champion to compare with yet"
    if rival is None:
        return False, f"{gate.metric} of the champion {champion} was not measured"
    if gate.confidence is None:
        better = rival - value if metric_of(gate.metric) in _LESS_IS_BETTER else value - rival
        return _against(gate, better, f"{gate.metric} is {value:.6g}, the champion's {rival:.6g}")
    lower = _lower(gate, measured.differences)
    if lower is None:
        return False, f"the {gate.confidence:.0%} lower bound of the difference in {gate.metric} was not measured"
    return _against(gate, lower, f"{gate.confidence:.0%} sure to be better by more than {lower:.6g}")


def _against(gate: Gate, better: float, told: str) -> tuple[bool, str]:
    tolerance = gate.tolerance or 0.0
    return better >= -tolerance - _SLACK, f"{told}; {tolerance:g} worse is allowed"


def _lower(gate: Gate, differences: Any) -> float | None:
    """The lower bound at the gate's confidence; levels are compared as numbers, `0.90` is `0.9`."""
    levels = _mapping(_mapping(_mapping(differences).get(gate.metric)).get("lower"))
    for level, bound in levels.items():
        if gate.confidence is not None and abs(_level(level) - gate.confidence) < 1e-9:
            return _number(bound)
    return None


def _level(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _limit(gate: Gate) -> float | None:
    return next((limit for limit in (gate.minimum, gate.maximum, gate.tolerance) if limit is not None), None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    """`value` if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
