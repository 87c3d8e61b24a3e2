"""Rules about gates: what can be measured for the task, on which segments, and for whom."""

from collections.abc import Iterator, Mapping

from mlspec.specs.nearest import hint_for
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

_CLASSES = ("log_loss", "accuracy", "balanced_accuracy", "f1", "precision", "recall", "roc_auc")
METRICS: Mapping[str, tuple[str, ...]] = {
    "binary": (*_CLASSES, "average_precision", "brier"),
    "multiclass": _CLASSES,
    "regression": ("mae", "rmse", "r2"),
}
SMALLER_IS_BETTER = frozenset({"log_loss", "brier", "mae", "rmse"})


def metric_problem(view: View, metric: str | None, path: tuple[str, ...]) -> Iterator[Wording]:
    """A metric that cannot be computed for what is learned."""
    allowed = METRICS.get(view.task or "")
    if metric and allowed and metric != "latency_p99" and metric not in allowed:
        message = f"{metric} is not a metric of a {view.task} model"
        yield Wording("ML224", message, f"allowed: {', '.join(allowed)}", path)


def metrics_fit_the_task(view: View) -> Iterator[Wording]:
    """Gates and tuning measure what the task has."""
    for index, gate in view.gates.items():
        yield from metric_problem(view, gate.metric, ("gates", str(index), "metric"))
    for aim in ("maximize", "minimize"):
        if view.tune:
            yield from metric_problem(view, getattr(view.tune, aim), ("training", "tune", aim))


def limits_are_on_the_right_side(view: View) -> Iterator[Wording]:
    """A smallest error or a largest accuracy would let through exactly what a gate is there to stop."""
    for index, gate in view.gates.items():
        for key, wrong in (("min", True), ("max", False)):
            if getattr(gate, key) is not None and _wrong_side(view, gate.metric, smaller=wrong):
                yield _turned(str(gate.metric), ("gates", str(index), key), "max" if wrong else "min")
    for key, wrong in (("maximize", True), ("minimize", False)):
        metric = getattr(view.tune, key) if view.tune else None
        if _wrong_side(view, metric, smaller=wrong):
            yield _turned(str(metric), ("training", "tune", key), "minimize" if wrong else "maximize")


def _wrong_side(view: View, metric: str | None, *, smaller: bool) -> bool:
    """Whether `metric` fits the task, and is better when smaller (or larger) than the key that holds it wants."""
    fitting = METRICS.get(view.task or "", ())
    return metric in fitting and (metric in SMALLER_IS_BETTER) == smaller


def _turned(metric: str, path: tuple[str, ...], other: str) -> Wording:
    better = "smaller" if metric in SMALLER_IS_BETTER else "larger"
    return Wording("ML241", f"{metric} is better when it is {better}", f"use {other}", path)


def segments_are_categories(view: View) -> Iterator[Wording]:
    """A limit for each segment needs a column whose values are known."""
    categories = [name for name, column in view.columns.items() if column.type == "category"]
    for index, gate in view.gates.items():
        path = ("gates", str(index), "each")
        if gate.each is None or gate.each in categories or not view.roles:
            continue
        if gate.each not in view.roles:
            yield Wording(
                "ML225", f"there is no column '{gate.each}'", hint_for(gate.each, categories, "categories"), path
            )
        elif gate.each in view.columns:
            kind = view.columns[gate.each].type or "no"
            message = f"'{gate.each}' has {kind} type: segments need a category" if kind == "no" else ""
            message = message or f"'{gate.each}' has type {kind}: segments need a category"
            yield Wording("ML225", message, f"categories: {', '.join(categories) or 'none'}", path)


def outputs_are_labels(view: View) -> Iterator[Wording]:
    """A metric of one output needs a model that has several."""
    labels = view.named("label")
    for index, gate in view.gates.items():
        path = ("gates", str(index), "output")
        if gate.output is None or not view.roles:
            continue
        if gate.output not in labels:
            hint = hint_for(gate.output, labels, "labels")
            yield Wording("ML246", f"'{gate.output[:60]}' is not a label of this model", hint, path)
        elif len(labels) == 1:
            message = "output has no effect: the model has one label"
            yield Wording("ML236", message, "leave it out", path)
        elif gate.metric == "latency_p99":
            yield Wording("ML236", "latency is not of one output", "leave `output` out", path)


def keys_have_an_effect(view: View) -> Iterator[Wording]:
    """What only a comparison knows is refused elsewhere: a limit that looks softer or surer than it is misleads."""
    for index, gate in view.gates.items():
        for key in ("tolerance", "confidence"):
            if key in gate.model_fields_set and gate.versus is None:
                message = f"{key} has no effect without versus"
                yield Wording("ML236", message, "add `versus: champion`, or leave it out", ("gates", str(index), key))
        if "min_rows" in gate.model_fields_set and gate.each is None:
            message = "min_rows has no effect without each"
            yield Wording("ML236", message, "add `each: <column>`, or leave it out", ("gates", str(index), "min_rows"))
        if gate.metric == "latency_p99" and gate.each is not None:
            yield Wording("ML236", "latency has no segments", "leave `each` out", ("gates", str(index), "each"))
        if gate.approval is not None and len(gate.model_fields_set) > 1:
            message = "an approval stands in a gate of its own"
            yield Wording("ML236", message, "", ("gates", str(index), "approval"), True)


def approvals_name_an_environment(view: View) -> Iterator[Wording]:
    """`when: env.prod` names an environment that the spec has."""
    known = [f"env.{name}" for name in dict.fromkeys(("dev", *view.environments))]
    for index, gate in view.gates.items():
        when = gate.approval.when if gate.approval else ""
        if when and when not in known:
            path = ("gates", str(index), "approval", "when")
            yield Wording("ML239", f"'{when}' is not an environment of this spec", hint_for(when, known), path)
