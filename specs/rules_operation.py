"""Rules about what happens after training: names in the cloud, rollout, monitors, retraining."""

import re
from collections.abc import Iterator
from itertools import pairwise

from mlspec.specs.nearest import hint_for
from mlspec.specs.rules_gates import metric_problem
from mlspec.specs.schedules import schedule_problem
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

# SageMaker: a training job's name has at most 63 characters, and a release takes 24 of them:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
LONGEST_STACK = 39
_DRIFT = ("data_drift", "prediction_drift")
_WATCHERS = {"drift": _DRIFT, "latency_p99": ("latency_p99",)}
_TOP = re.compile(r"top [1-9][0-9]{0,3}\Z")


def names_fit_aws(view: View) -> Iterator[Wording]:
    """`<name>-<environment>-...` must fit the shortest name of AWS, in every environment of the spec."""
    name = view.tree.get("name")
    if not isinstance(name, str) or len(name) > 32:
        return
    chosen = str(view.tree.get("environment", "dev"))
    for environment in dict.fromkeys((chosen, *view.environments)):
        length = len(f"{name}-{environment}")
        if length > LONGEST_STACK:
            message = f"'{name}-{environment}' has {length} characters; names in AWS leave room for {LONGEST_STACK}"
            yield Wording("ML232", message, "shorten the name, or the environment's", ("name",))
            return


def steps_rise(view: View) -> Iterator[Wording]:
    """A rollout ends with all of the traffic, and never goes back on its way there."""
    if view.rollout is None:
        return
    steps = view.rollout.steps
    for index, (low, high) in enumerate(pairwise(steps), 1):
        if high <= low:
            message = f"step {high} does not rise above {low}"
            yield Wording("ML229", message, "steps rise to 100%", ("rollout", "steps", str(index)))
    if steps[0].fraction == 0:
        yield Wording("ML229", "a step of 0% shifts nothing", "leave it out", ("rollout", "steps", "0"))
    if steps[-1].fraction != 1:
        message = f"the last step is {steps[-1]}"
        yield Wording("ML229", message, "the last step is 100%", ("rollout", "steps", str(len(steps) - 1)))


def rollback_signals_are_watched(view: View) -> Iterator[Wording]:
    """Errors and rejects have their limit in the rollout; other signals take theirs from a monitor."""
    if view.rollout is None or view.unread("monitors"):
        return
    signals = {monitor.signal for monitor in view.monitors.values()}
    for index, signal in enumerate(view.rollout.rollback_on):
        needed = _WATCHERS.get(signal, ())
        if needed and not signals.intersection(needed):
            message = f"nothing watches {signal}"
            path = ("rollout", "rollback_on", str(index))
            yield Wording("ML234", message, f"add a monitor with signal: {' or '.join(needed)}", path)


def monitored_columns_are_features(view: View) -> Iterator[Wording]:
    """Drift is measured on what the model sees."""
    features = view.named("feature")
    for index, monitor in view.monitors.items():
        path = ("monitors", str(index), "columns")
        if isinstance(monitor.columns, str):
            if monitor.columns != "all" and not _TOP.match(monitor.columns):
                hint = "allowed: all, `top 10`, or a list of columns"
                yield Wording("ML227", f"'{monitor.columns[:60]}' selects no columns", hint, path)
            continue
        for position, name in enumerate(monitor.columns):
            if name not in features:
                hint = hint_for(name, features, "features")
                yield Wording("ML226", f"'{name}' is not a feature", hint, (*path, str(position)))


def signals_once(view: View) -> Iterator[Wording]:
    """One signal is one alarm."""
    seen: dict[str, int] = {}
    for index, monitor in view.monitors.items():
        first = seen.setdefault(monitor.signal, index)
        if first != index:
            message = f"{monitor.signal} is watched twice"
            yield Wording("ML233", message, "leave one of them out", ("monitors", str(index), "signal"))


def monitor_metrics_fit_the_task(view: View) -> Iterator[Wording]:
    """Quality is measured by what the task has."""
    for index, monitor in view.monitors.items():
        yield from metric_problem(view, monitor.metric, ("monitors", str(index), "metric"))


def retraining_signals_are_watched(view: View) -> Iterator[Wording]:
    """An alarm that nothing can raise starts nothing."""
    if view.retraining is None or view.unread("monitors"):
        return
    signals = [monitor.signal for monitor in view.monitors.values()]
    for index, signal in enumerate(view.retraining.on):
        if isinstance(signal, str) and signal not in signals:
            hint = f"add a monitor with signal: {signal}; monitored: {', '.join(signals) or 'nothing'}"
            yield Wording("ML228", f"nothing watches {signal}", hint, ("retraining", "on", str(index)))


def schedules_are_whole(view: View) -> Iterator[Wording]:
    """EventBridge refuses a malformed schedule, and only at deployment."""
    for index, trigger in enumerate(view.retraining.on if view.retraining else ()):
        if isinstance(trigger, str) or not (problem := schedule_problem(trigger.schedule)):
            continue
        code, reason = problem
        message = f"'{trigger.schedule[:60]}' is not a schedule that can come: {reason}"
        hint = 'such as "rate(1 day)", "rate(30 days)" or "cron(0 6 1 * ? *)"'
        yield Wording(code, message, hint, ("retraining", "on", str(index), "schedule"))
