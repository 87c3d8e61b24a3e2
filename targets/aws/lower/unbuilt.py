"""What the language can say and this target cannot do yet, and keys that have no effect where they stand."""

from collections.abc import Iterator, Mapping

from mlspec.compiler.units.training_settings import framework_of_spec
from mlspec.specs.models import Fit, Monitor, Rollout, Spec
from mlspec.specs.units import Percent
from mlspec.targets.aws.lower.refusal import Refusal


def serving_target(spec: Spec) -> Iterator[Refusal]:
    """Lambda serves, and a container wherever somebody runs it."""
    if spec.serving.target not in ("lambda", "container"):
        yield Refusal("serving.target", f"serving on {spec.serving.target} is not built yet", "use lambda or container")


def training(spec: Spec) -> Iterator[Refusal]:
    """A model is trained once, on one instance, by a library that is exported exactly."""
    training = spec.training
    if training.framework == "custom":
        hint = "use sklearn, xgboost, lightgbm or torch"
        yield Refusal("training.framework", "framework custom is not built yet", hint)
    if training.tune is not None:
        hint = "leave tune out, and give the values under training.estimator"
        yield Refusal("training.tune", "a search for hyperparameters is not built yet", hint)
    if training.compute.count != 1:
        yield Refusal("training.compute.count", "a model is trained on one instance only", "use a larger instance")


def approvals(spec: Spec) -> Iterator[Refusal]:
    """Nobody can be waited for; an approval for another environment is not in the way."""
    for number, gate in enumerate(spec.gates):
        if gate.approval is not None and gate.approval.when in ("", f"env.{spec.environment}"):
            hint = "leave the gate out; a metric gate can hold a release back"
            yield Refusal(f"gates.{number}.approval", "approvals are not built yet", hint)


def quality(spec: Spec) -> Iterator[Refusal]:
    """True labels are not read."""
    for number, monitor in enumerate(spec.monitors):
        if monitor.signal == "quality":
            hint = "watch data_drift and prediction_drift instead"
            yield Refusal(f"monitors.{number}.signal", "monitoring quality is not built yet", hint)


def budget(spec: Spec) -> Iterator[Refusal]:
    """Nothing is priced."""
    if spec.budget is not None:
        yield Refusal("budget", "a budget is not enforced yet", "leave it out")


def governance(spec: Spec) -> Iterator[Refusal]:
    """Policies cannot be waived, and no card is written."""
    if spec.governance.waivers:
        yield Refusal("governance.waivers", "waivers are not read yet: no policy can be waived", "leave them out")
    if spec.governance.card:
        yield Refusal("governance.card", "a model card is not made yet", "leave it out")


def drift_in_rollout(spec: Spec) -> Iterator[Refusal]:
    """Drift takes longer to tell than a bake lasts."""
    for number, signal in enumerate(spec.rollout.rollback_on):
        if signal == "drift":
            hint = "use errors, rejects or latency_p99: drift is measured over longer than a bake"
            yield Refusal(f"rollout.rollback_on.{number}", "drift cannot send traffic back yet", hint)


_DRIFT_KEYS = ("method", "threshold", "columns", "min_rows")
_EFFECTIVE: Mapping[str, tuple[str, ...]] = {
    "data_drift": _DRIFT_KEYS,
    "prediction_drift": ("method", "threshold", "min_rows"),
    "latency_p99": ("max",),
    "errors": ("max",),
    "rejects": ("max",),
}


def idle_keys(spec: Spec) -> Iterator[Refusal]:
    """A key that means nothing for its signal was meant for another."""
    for number, monitor in enumerate(spec.monitors):
        if monitor.signal not in _EFFECTIVE:
            continue
        for key in _said(monitor) - {"signal", "window", *_EFFECTIVE[monitor.signal]}:
            message = f"{key} has no effect on {monitor.signal}"
            yield Refusal(f"monitors.{number}.{key}", message, "leave it out")


def idle_fit(spec: Spec) -> Iterator[Refusal]:
    """Epochs and batches are of networks; other estimators have arguments of their own."""
    if framework_of_spec(spec) != "torch" and spec.training.fit != Fit():
        hint = "give the estimator's own arguments beside _target_"
        yield Refusal("training.fit", "fit has an effect with framework torch only", hint)


def idle_steps(spec: Spec) -> Iterator[Refusal]:
    """Steps that somebody chose, and a strategy that takes none."""
    whole, default = (Percent.parse("100%"),), Rollout().steps
    if spec.rollout.strategy == "all_at_once" and spec.rollout.steps not in (whole, default):
        yield Refusal("rollout.steps", "steps have no effect with strategy all_at_once", "write steps: [100%]")


def idle_on_container(spec: Spec) -> Iterator[Refusal]:
    """Queues and snapshots are Lambda's."""
    if spec.serving.target != "lambda":
        for key in ("events", "snap_start"):
            if getattr(spec.serving, key):
                yield Refusal(f"serving.{key}", f"{key} has an effect with target lambda only", "leave it out")


def _said(monitor: Monitor) -> set[str]:
    """The keys that differ from their default."""
    return {key for key, field in Monitor.model_fields.items() if getattr(monitor, key) != field.default}
