"""What the language can say and AWS cannot be given yet, or never: each with its place and a way out, none ignored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.models import Monitor, Spec
from mlspec.specs.units import Duration, Size
from mlspec.targets.aws.lower.context import DRIFT_SIGNALS
from mlspec.targets.aws.lower.signals import canary_limit
from mlspec.targets.aws.lower.training import IMAGE

CODES: Mapping[str, str] = {
    "ML401": "Something in the spec is not built yet.",
    "ML402": "The rows cannot be had from where the spec says they are.",
    "ML403": "A key has no effect where it stands.",
    "ML404": "A value is outside what AWS allows.",
    "ML405": "A rollback has no limit to go by.",
    "ML406": "A training image is nowhere SageMaker could pull it from.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing refused: the dotted key, what is wrong in the user's words, and what to do."""

    path: str
    message: str
    hint: str


Rule = Callable[[Spec], Iterator[Refusal]]


def refusals(checked: Checked, inputs: Mapping[str, bytes]) -> tuple[Diagnostic, ...]:
    """Everything in the spec that is refused, all at once."""
    found = [(code, refusal) for code, rule in RULES for refusal in rule(checked.spec)]
    found += [("ML402", refusal) for refusal in _unread_data(checked.spec, inputs)]
    return tuple(_diagnostic(checked, code, refusal) for code, refusal in found)


def _diagnostic(checked: Checked, code: str, refusal: Refusal) -> Diagnostic:
    span = checked.origins.of(refusal.path).span
    lines = checked.texts.get(span.file, "").splitlines() if span else []
    line = lines[span.line - 1] if span and span.line <= len(lines) else ""
    return Diagnostic(code, refusal.message, span, refusal.path, refusal.hint, line)


# --- not built yet


def _serving_target(spec: Spec) -> Iterator[Refusal]:
    if spec.serving.target != "lambda":
        yield Refusal("serving.target", f"serving on {spec.serving.target} is not built yet", "use lambda")


def _training(spec: Spec) -> Iterator[Refusal]:
    training = spec.training
    if training.framework != "sklearn":
        yield Refusal("training.framework", f"framework {training.framework} is not built yet", "use sklearn")
    if training.tune is not None:
        hint = "leave tune out, and give the values under training.estimator"
        yield Refusal("training.tune", "a search for hyperparameters is not built yet", hint)
    if training.compute.count != 1:
        yield Refusal("training.compute.count", "scikit-learn trains on one instance only", "use a larger instance")


def _approvals(spec: Spec) -> Iterator[Refusal]:
    for number, gate in enumerate(spec.gates):
        if gate.approval is not None and gate.approval.when in ("", f"env.{spec.environment}"):
            hint = "leave the gate out; a metric gate can hold a release back"
            yield Refusal(f"gates.{number}.approval", "approvals are not built yet", hint)


def _quality(spec: Spec) -> Iterator[Refusal]:
    for number, monitor in enumerate(spec.monitors):
        if monitor.signal == "quality":
            hint = "watch data_drift and prediction_drift instead"
            yield Refusal(f"monitors.{number}.signal", "monitoring quality is not built yet", hint)


def _budget(spec: Spec) -> Iterator[Refusal]:
    if spec.budget is not None:
        yield Refusal("budget", "a budget is not enforced yet", "leave it out")


def _governance(spec: Spec) -> Iterator[Refusal]:
    if spec.governance.waivers:
        yield Refusal("governance.waivers", "waivers are not read yet: no policy can be waived", "leave them out")
    if spec.governance.card:
        yield Refusal("governance.card", "a model card is not made yet", "leave it out")


def _drift_in_rollout(spec: Spec) -> Iterator[Refusal]:
    for number, signal in enumerate(spec.rollout.rollback_on):
        if signal == "drift":
            hint = "use errors, rejects or latency_p99: drift is measured over longer than a bake"
            yield Refusal(f"rollout.rollback_on.{number}", "drift cannot send traffic back yet", hint)


# --- has no effect where it stands

_DRIFT_KEYS = ("method", "threshold", "columns", "min_rows")
_EFFECTIVE: Mapping[str, tuple[str, ...]] = {
    "data_drift": _DRIFT_KEYS,
    "prediction_drift": ("method", "threshold", "min_rows"),
    "latency_p99": ("max",),
    "errors": ("max",),
    "rejects": ("max",),
}


def _idle_keys(spec: Spec) -> Iterator[Refusal]:
    for number, monitor in enumerate(spec.monitors):
        if monitor.signal not in _EFFECTIVE:
            continue
        for key in _said(monitor) - {"signal", "window", *_EFFECTIVE[monitor.signal]}:
            message = f"{key} has no effect on {monitor.signal}"
            yield Refusal(f"monitors.{number}.{key}", message, "leave it out")


def _said(monitor: Monitor) -> set[str]:
    """The keys that differ from their default."""
    return {key for key, field in Monitor.model_fields.items() if getattr(monitor, key) != field.default}


# --- AWS's own limits


@dataclass(frozen=True, slots=True)
class Limit:
    """A range AWS allows for the value at `path`, with the page that says so."""

    path: str
    read: Callable[[Spec], Any]
    low: Any
    high: Any
    who: str


_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
LIMITS = (
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    Limit("serving.memory", lambda spec: spec.serving.memory, Size(128 * 2**20), Size(10_240 * 2**20), "Lambda"),
    Limit("serving.timeout", lambda spec: spec.serving.timeout, Duration(1000), Duration(900_000), "Lambda"),
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html, API_ResourceConfig.html
    Limit(
        "training.compute.max_runtime",
        lambda spec: spec.training.compute.max_runtime,
        Duration(_MINUTE),
        Duration(28 * _DAY),
        "SageMaker",
    ),
    Limit(
        "training.compute.volume", lambda spec: spec.training.compute.volume, Size(2**30), Size(16 * 2**40), "SageMaker"
    ),
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html; an alarm needs a minute
    Limit(
        "rollout.bake", lambda spec: spec.rollout.bake, Duration(_MINUTE), Duration(_DAY), "an alarm that watches it"
    ),
)


def _limits(spec: Spec) -> Iterator[Refusal]:
    for limit in LIMITS:
        value = limit.read(spec)
        if not limit.low <= value <= limit.high:
            yield _outside(limit.path, value, limit=(limit.low, limit.high), who=limit.who)


def _windows(spec: Spec) -> Iterator[Refusal]:
    """CloudWatch judges at most seven days at once; drift is measured each five minutes at most."""
    for number, monitor in enumerate(spec.monitors):
        drift = monitor.signal in DRIFT_SIGNALS
        low, high = (Duration(5 * _MINUTE), Duration(365 * _DAY)) if drift else (Duration(_MINUTE), Duration(7 * _DAY))
        if not low <= monitor.window <= high:
            who = "the monitor" if drift else "CloudWatch"
            yield _outside(f"monitors.{number}.window", monitor.window, limit=(low, high), who=who)


def _outside(path: str, value: Any, *, limit: tuple[Any, Any], who: str) -> Refusal:
    message = f"{path.rpartition('.')[2]} {value} is outside what {who} allows"
    return Refusal(path, message, f"use {limit[0]} to {limit[1]}")


def _rollback_limits(spec: Spec) -> Iterator[Refusal]:
    for number, signal in enumerate(spec.rollout.rollback_on):
        if signal == "latency_p99" and canary_limit(spec, signal) is None:
            hint = "add a monitor: {signal: latency_p99, max: 50ms}"
            yield Refusal(f"rollout.rollback_on.{number}", "nothing says how high latency_p99 may be", hint)


def _images(spec: Spec) -> Iterator[Refusal]:
    image = spec.training.image
    if image is not None and not IMAGE.fullmatch(image):
        hint = "such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1"
        yield Refusal("training.image", "SageMaker pulls images from ECR, with a tag or digest", hint)


# --- the rows


def _schemes(spec: Spec) -> Iterator[Refusal]:
    uri = spec.data.source.uri
    if "://" in uri and not uri.startswith("s3://"):
        scheme = uri.partition("://")[0]
        yield Refusal("data.source.uri", f"rows cannot be read from {scheme}:// yet", "use s3:// or a local path")
    elif uri.startswith("s3://") and not uri.removeprefix("s3://").partition("/")[0]:
        yield Refusal("data.source.uri", "the URI names no bucket", "such as s3://lake/flights/")


def _unread_data(spec: Spec, inputs: Mapping[str, bytes]) -> Iterator[Refusal]:
    if "://" not in spec.data.source.uri and not inputs:
        message = f"no {spec.data.source.format} file is at {spec.data.source.uri}"
        yield Refusal("data.source.uri", message, "give a file or folder beside the spec, or s3://bucket/prefix/")


RULES: tuple[tuple[str, Rule], ...] = (
    ("ML401", _serving_target),
    ("ML401", _training),
    ("ML401", _approvals),
    ("ML401", _quality),
    ("ML401", _budget),
    ("ML401", _governance),
    ("ML401", _drift_in_rollout),
    ("ML402", _schemes),
    ("ML403", _idle_keys),
    ("ML404", _limits),
    ("ML404", _windows),
    ("ML405", _rollback_limits),
    ("ML406", _images),
)
