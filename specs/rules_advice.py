"""What is allowed and rarely meant: warnings about the parts of a spec that are right, one visible table of them."""

import re
from collections.abc import Callable, Iterator, Mapping

from mlspec.specs.models import Schedule
from mlspec.specs.rules_advice_serving import (
    latency_fits_the_timeout,
    machines_are_used,
    models_fit_their_function,
    quotas_suffice,
    requests_fit,
)
from mlspec.specs.schedules import shortest_gap
from mlspec.specs.units import Duration, Percent
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

Advice = Callable[[View], Iterator[Wording]]
_NUMBERS = ("int", "float")
_AFTERWARDS = re.compile(r"(?:^|_)(actual|outcome|resolution|resolved)(?:_|$)")
_MONTH = 30 * 86_400_000


def gates_exist(view: View) -> Iterator[Wording]:
    """A model that nothing can refuse is served however bad it is."""
    if not view.unread("gates") and not any(gate.metric for gate in view.gates.values()):
        hint = "add one with a limit, such as {metric: roc_auc, min: 0.7}"
        yield Wording("ML250", "no gate can refuse a model", hint, ("gates",), True)


def monitors_exist(view: View) -> Iterator[Wording]:
    """A model that nothing watches fails in silence."""
    if not view.unread("monitors") and not view.monitors:
        hint = "add one, such as {signal: data_drift, method: psi, threshold: 0.2}"
        yield Wording("ML251", "nothing watches the model", hint, ("monitors",), True)


def challengers_are_compared(view: View) -> Iterator[Wording]:
    """Without a comparison a retraining can make things worse."""
    if view.retraining and not view.unread("gates") and not any(gate.versus for gate in view.gates.values()):
        hint = "add {metric: ..., versus: champion, tolerance: 0.005}"
        yield Wording("ML252", "a retrained model is compared with no champion", hint, ("gates",), True)


def segments_have_rows(view: View) -> Iterator[Wording]:
    """The least rows that pass the checks must leave enough in a segment to be judged."""
    least = max((check.rows.min for check in view.checks.values() if check.rows), default=0)
    test = view.split.test if view.split else None
    if not least or not isinstance(test, Percent) or not test.fraction:
        return
    for index, gate in view.gates.items():
        column = view.columns.get(gate.each or "")
        rows = int(least * test.fraction / len(column.values)) if column and column.values else gate.min_rows
        if rows < gate.min_rows:
            message = f"{least} rows leave about {rows} test rows in a segment of '{gate.each}', below {gate.min_rows}"
            path = ("gates", str(index), "min_rows")
            yield Wording("ML253", message, "lower min_rows, or raise the least rows of data.checks", path)


def units_stand_on_numbers(view: View) -> Iterator[Wording]:
    """A unit is of a number."""
    for name, column in view.columns.items():
        if column.unit and column.type not in _NUMBERS:
            message = f"'{name}' has a unit and is no number"
            yield Wording("ML254", message, "leave the unit out", ("data", "columns", name, "unit"))


def features_are_not_the_answer(view: View) -> Iterator[Wording]:
    """A name that holds the label's, or says what was known afterwards: the rows themselves are judged in training."""
    labels = [label.lower() for label in view.named("label") if len(label) > 2]
    hint = "give it role: ignore, unless it is known when a prediction is asked for"
    for name in view.features:
        label = next((label for label in labels if f"_{label}_" in f"_{name.lower()}_"), "")
        if label:
            yield Wording("ML255", f"'{name}' is named like the label '{label}'", hint, ("data", "columns", name), True)
        elif found := _AFTERWARDS.search(name.lower()):
            message = f"'{name}' is named like what is known afterwards ({found[1]})"
            yield Wording("ML255", message, hint, ("data", "columns", name), True)


def means_have_a_unit(view: View) -> Iterator[Wording]:
    """A mean of hours and of cents is a number that nobody can judge."""
    labels = {name: view.columns[name].unit for name in view.named("label") if name in view.columns}
    if len(set(labels.values())) < 2:
        return
    named = ", ".join(f"{name} ({unit})" if unit else name for name, unit in labels.items())
    for index, gate in view.gates.items():
        if gate.metric in ("mae", "rmse") and gate.output is None:
            message = f"{gate.metric} is the mean over labels of different units: {named}"
            hint = "name one by `output`, or use r2, which has no unit"
            yield Wording("ML266", message, hint, ("gates", str(index), "metric"))


def somebody_is_told(view: View) -> Iterator[Wording]:
    """An alarm that reaches nobody, or others than the owner."""
    owner = view.tree.get("owner")
    if view.notify is None or not isinstance(owner, str) or "@" not in owner:
        return
    told = view.notify.email
    if view.monitors and not told:
        yield Wording("ML256", "alerts reach nobody", "add notify: {email: [...]}", ("notify",), True)
    if told and owner not in told:
        yield Wording("ML257", f"the owner {owner[:60]} is not told", "add the address", ("notify", "email"), True)


def approvers_are_others(view: View) -> Iterator[Wording]:
    """An approval is a second pair of eyes."""
    for index, gate in view.gates.items():
        if gate.approval and gate.approval.by == view.tree.get("owner"):
            path = ("gates", str(index), "approval", "by")
            yield Wording("ML258", "the owner approves their own model", "let somebody else approve", path)


def leakage_is_looked_for(view: View) -> Iterator[Wording]:
    """The one check that costs nothing and finds what no gate can."""
    data = view.tree.get("data")
    checks = data.get("checks", ()) if isinstance(data, Mapping) else None
    if isinstance(checks, tuple) and "leakage" not in checks and len(checks) == len(view.checks):
        hint = "add leakage to data.checks"
        yield Wording("ML259", "features that tell the label are not looked for", hint, ("data", "checks"), True)


def schedules_are_let_through(view: View) -> Iterator[Wording]:
    """A retraining that its own cooldown, or its most in a month, would skip nearly each time."""
    retraining = view.retraining
    for index, trigger in enumerate(retraining.on if retraining else ()):
        gap = shortest_gap(trigger.schedule) if isinstance(trigger, Schedule) else None
        if retraining is None or gap is None or not isinstance(trigger, Schedule):
            continue
        path = ("retraining", "on", str(index), "schedule")
        if gap < retraining.cooldown.milliseconds:
            message = f"'{trigger.schedule}' comes each {Duration(gap)}, and the cooldown is {retraining.cooldown}"
            yield Wording("ML265", message, "lower the cooldown, or let the schedule come less often", path)
        elif _MONTH // gap > retraining.max_per_month:
            often, most = _MONTH // gap, retraining.max_per_month
            message = f"'{trigger.schedule}' comes {often} times in 30 days; {most} are let through"
            yield Wording("ML265", message, "raise max_per_month, or let the schedule come less often", path)


ADVICE: tuple[Advice, ...] = (
    gates_exist,
    monitors_exist,
    challengers_are_compared,
    segments_have_rows,
    units_stand_on_numbers,
    features_are_not_the_answer,
    means_have_a_unit,
    somebody_is_told,
    approvers_are_others,
    leakage_is_looked_for,
    latency_fits_the_timeout,
    quotas_suffice,
    requests_fit,
    models_fit_their_function,
    machines_are_used,
    schedules_are_let_through,
)


def advise(view: View) -> list[Wording]:
    """Every warning there is about the parts of `view` that are right by themselves."""
    return [found for advice in ADVICE for found in advice(view)]
