"""What serves, and whether the model, its requests and its limits fit: warnings, each saying why not."""

from collections.abc import Iterator, Mapping

from mlspec.specs.model_size import Growth, growth_of
from mlspec.specs.units import Duration, Size
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

_REQUEST_BYTES = 6 * 2**20  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MODEL_BYTES = 128 * 2**20  # what a zip keeps free of the 250 MiB on the same page; the gate refuses more
_RESERVABLE = 900  # of the 1,000 an account begins with
_ESTIMATOR = ("training", "estimator")


def latency_fits_the_timeout(view: View) -> Iterator[Wording]:
    """A request is cut off before it could be so slow."""
    if view.serving is None:
        return
    limits = [("gates", index, gate.max) for index, gate in view.gates.items() if gate.metric == "latency_p99"]
    limits += [("monitors", index, one.max) for index, one in view.monitors.items() if one.signal == "latency_p99"]  # type: ignore[misc]
    for block, index, limit in limits:
        if isinstance(limit, Duration) and limit > view.serving.timeout:
            message = f"{limit} is above the time-out of {view.serving.timeout}"
            yield Wording("ML260", message, "lower it, or raise serving.timeout", (block, str(index), "max"))


def quotas_suffice(view: View) -> Iterator[Wording]:
    """What an account has before anybody asks AWS for more."""
    if view.serving and view.serving.concurrency is not None and view.serving.concurrency > _RESERVABLE:
        message = f"AWS's default quota lets {_RESERVABLE} executions be reserved"
        yield Wording("ML261", message, "ask AWS to raise it first", ("serving", "concurrency"))


def requests_fit(view: View) -> Iterator[Wording]:
    """At the least a row is its keys and a digit each."""
    if view.serving is None or view.serving.target != "lambda" or "max_rows" not in view.serving.model_fields_set:
        return
    row = sum(len(name) + 6 for name in view.features)
    if row * view.serving.max_rows > _REQUEST_BYTES:
        message = f"{view.serving.max_rows} rows take more than the 6 MB of a request"
        yield Wording("ML262", message, f"at most {_REQUEST_BYTES // row} rows fit", ("serving", "max_rows"))


def models_fit_their_function(view: View) -> Iterator[Wording]:
    """How large the trees can grow stands in their arguments; what a function has, under serving."""
    growth = _growth(view)
    if growth is None or view.serving is None or view.serving.target != "lambda":
        return
    if growth.nodes is None:
        message = f"nothing bounds the model: each of its {growth.trees} trees grows as far as the rows let it"
        hint = f"set {growth.limit} or max_depth, or the most rows in data.checks, so that it fits its function"
        yield Wording("ML263", message, hint, (*_ESTIMATOR, "_target_"))
    elif growth.size > _MODEL_BYTES and view.serving.package != "image":
        message = f"the model can have {growth.nodes} nodes, {Size(growth.size).mebibytes} MiB of file"
        hint = f"a function has room for {_MODEL_BYTES // 2**20} MiB: fewer or smaller trees, or serving.package: image"
        yield Wording("ML263", message, hint, (*_ESTIMATOR, "_target_"))
    elif growth.memory > view.serving.memory.bytes:
        needed = Size(growth.memory).mebibytes
        message = (
            f"the model can have {growth.nodes} nodes and take {needed} MiB; its function has {view.serving.memory}"
        )
        yield Wording("ML263", message, "raise serving.memory, or grow fewer or smaller trees", ("serving", "memory"))


def _growth(view: View) -> Growth | None:
    estimator = view.at(*_ESTIMATOR)
    if not isinstance(estimator, Mapping) or view.task is None:
        return None
    labels = view.named("label")
    label = view.columns.get(labels[0])
    classes = {"regression": 1, "binary": 2}.get(view.task, len(label.values) if label else 2)
    rows = [check.rows.max for check in view.checks.values() if check.rows and check.rows.max]
    return growth_of(estimator, classes=classes, outputs=len(labels), rows=min(rows, default=None))


def machines_are_used(view: View) -> Iterator[Wording]:
    """scikit-learn trains on processors; a machine with a GPU would be paid for it."""
    instance = view.at("training", "compute", "instance")
    framework = view.at("training", "framework") or "sklearn"
    if isinstance(instance, str) and instance.startswith(("ml.g", "ml.p")) and framework == "sklearn":
        message = f"{instance} has a GPU, which scikit-learn does not use"
        hint = "use a general machine, such as ml.m5.xlarge"
        yield Wording("ML264", message, hint, ("training", "compute", "instance"))
