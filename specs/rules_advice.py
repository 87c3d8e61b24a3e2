"""What is allowed and rarely meant: warnings about a spec that is right, one visible table of them."""

from collections.abc import Callable, Iterator

from mlspec.specs.models import DataCheck, Spec
from mlspec.specs.units import Duration, Percent
from mlspec.specs.wording import Wording

Advice = Callable[[Spec], Iterator[Wording]]
_NUMBERS = ("int", "float")
_REQUEST_BYTES = 6 * 2**20  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_RESERVABLE = 900  # of the 1,000 an account begins with


def gates_exist(spec: Spec) -> Iterator[Wording]:
    """A model that nothing can refuse is served however bad it is."""
    if not any(gate.metric for gate in spec.gates):
        hint = "add one with a limit, such as {metric: roc_auc, min: 0.7}"
        yield Wording("ML250", "no gate can refuse a model", hint, ("gates",), True)


def monitors_exist(spec: Spec) -> Iterator[Wording]:
    """A model that nothing watches fails in silence."""
    if not spec.monitors:
        hint = "add one, such as {signal: data_drift, method: psi, threshold: 0.2}"
        yield Wording("ML251", "nothing watches the model", hint, ("monitors",), True)


def challengers_are_compared(spec: Spec) -> Iterator[Wording]:
    """Without a comparison a retraining can make things worse."""
    if spec.retraining and not any(gate.versus for gate in spec.gates):
        hint = "add {metric: ..., versus: champion, tolerance: 0.005}"
        yield Wording("ML252", "a retrained model is compared with no champion", hint, ("gates",), True)


def segments_have_rows(spec: Spec) -> Iterator[Wording]:
    """The least rows that pass the checks must leave enough in a segment to be judged."""
    test = spec.data.split.test
    least = max((c.rows.min for c in spec.data.checks if isinstance(c, DataCheck) and c.rows), default=0)
    if not least or not isinstance(test, Percent):
        return
    for index, gate in enumerate(spec.gates):
        column = spec.data.columns.get(gate.each or "")
        rows = int(least * test.fraction / len(column.values)) if column and column.values else gate.min_rows
        if rows < gate.min_rows:
            message = f"{least} rows leave about {rows} test rows in a segment of '{gate.each}', below {gate.min_rows}"
            path = ("gates", str(index), "min_rows")
            yield Wording("ML253", message, "lower min_rows, or raise the least rows of data.checks", path)


def units_stand_on_numbers(spec: Spec) -> Iterator[Wording]:
    """A unit is of a number."""
    for name, column in spec.data.columns.items():
        if column.unit and column.type not in _NUMBERS:
            message = f"'{name}' has a unit and is no number"
            yield Wording("ML254", message, "leave the unit out", ("data", "columns", name, "unit"))


def features_are_not_the_answer(spec: Spec) -> Iterator[Wording]:
    """A name that holds the label's whole name is often made from it, or known only after it."""
    label = (spec.column_of("label") or "").lower()
    for name in spec.features:
        if len(label) > 2 and f"_{label}_" in f"_{name.lower()}_":
            message = f"'{name}' is named like the label '{label}'"
            hint = "give it role: ignore, unless it is known when a prediction is asked for"
            yield Wording("ML255", message, hint, ("data", "columns", name), True)


def somebody_is_told(spec: Spec) -> Iterator[Wording]:
    """An alarm that reaches nobody, or others than the owner."""
    told = spec.notify.email
    if spec.monitors and not told:
        yield Wording("ML256", "alerts reach nobody", "add notify: {email: [...]}", ("notify",), True)
    if told and spec.owner not in told:
        yield Wording("ML257", f"the owner {spec.owner} is not told", "add the address", ("notify", "email"), True)


def approvers_are_others(spec: Spec) -> Iterator[Wording]:
    """An approval is a second pair of eyes."""
    for index, gate in enumerate(spec.gates):
        if gate.approval and gate.approval.by == spec.owner:
            path = ("gates", str(index), "approval", "by")
            yield Wording("ML258", "the owner approves their own model", "let somebody else approve", path)


def leakage_is_looked_for(spec: Spec) -> Iterator[Wording]:
    """The one check that costs nothing and finds what no gate can."""
    if "leakage" not in spec.data.checks:
        hint = "add leakage to data.checks"
        yield Wording("ML259", "features that tell the label are not looked for", hint, ("data", "checks"), True)


def latency_fits_the_timeout(spec: Spec) -> Iterator[Wording]:
    """A request is cut off before it could be so slow."""
    blocks = [("gates", index, gate) for index, gate in enumerate(spec.gates) if gate.metric == "latency_p99"]
    blocks += [("monitors", i, one) for i, one in enumerate(spec.monitors) if one.signal == "latency_p99"]  # type: ignore[misc]
    for block, index, entry in blocks:
        if isinstance(entry.max, Duration) and entry.max > spec.serving.timeout:
            message = f"{entry.max} is above the time-out of {spec.serving.timeout}"
            hint = "lower it, or raise serving.timeout"
            yield Wording("ML260", message, hint, (block, str(index), "max"))


def quotas_suffice(spec: Spec) -> Iterator[Wording]:
    """What an account has before anybody asks AWS for more."""
    if spec.serving.concurrency is not None and spec.serving.concurrency > _RESERVABLE:
        message = f"AWS's default quota lets {_RESERVABLE} executions be reserved"
        yield Wording("ML261", message, "ask AWS to raise it first", ("serving", "concurrency"))


def requests_fit(spec: Spec) -> Iterator[Wording]:
    """At the least a row is its keys and a digit each."""
    row = sum(len(name) + 6 for name in spec.features)
    if "max_rows" in spec.serving.model_fields_set and row * spec.serving.max_rows > _REQUEST_BYTES:
        message = f"{spec.serving.max_rows} rows take more than the 6 MB of a request"
        hint = f"at most {_REQUEST_BYTES // row} rows fit"
        yield Wording("ML262", message, hint, ("serving", "max_rows"))


ADVICE: tuple[Advice, ...] = (
    gates_exist,
    monitors_exist,
    challengers_are_compared,
    segments_have_rows,
    units_stand_on_numbers,
    features_are_not_the_answer,
    somebody_is_told,
    approvers_are_others,
    leakage_is_looked_for,
    latency_fits_the_timeout,
    quotas_suffice,
    requests_fit,
)


def advise(spec: Spec) -> list[Wording]:
    """Every warning there is about `spec`."""
    return [found for advice in ADVICE for found in advice(spec)]
