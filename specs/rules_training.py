"""Rules about the estimator: that it is known, fits the label and its framework, and takes what it is given."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.specs.estimators import (
    ESTIMATORS,
    FRAMEWORKS,
    STEPS,
    argument_problem,
    estimator_problem,
    framework_of,
    step_argument_problem,
    step_problem,
)
from mlspec.specs.modules import module_faults, module_file
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

_PATH = ("training", "estimator")


def known_estimator(view: View) -> Iterator[Wording]:
    """`_target_` is looked up in a table; only the training job ever imports it."""
    estimator = _estimator(view)
    if estimator is None or _training(view).get("framework") == "custom" or module_file(_training(view)):
        return
    target = estimator.get("_target_")
    if target is None:
        hint = "such as sklearn.ensemble.HistGradientBoostingClassifier"
        yield Wording("ML231", "the estimator has no _target_", hint, _PATH, True)
    elif not isinstance(target, str):
        yield Wording("ML231", "_target_ is the full path of an estimator", "", (*_PATH, "_target_"))
    elif problem := estimator_problem(target, view.task):
        yield Wording("ML231", *problem, (*_PATH, "_target_"))


def framework_is_the_estimator_s(view: View) -> Iterator[Wording]:
    """Two words for one thing must agree; the framework may be left out."""
    estimator, said = _estimator(view), _training(view).get("framework")
    target = estimator.get("_target_") if estimator else None
    if not isinstance(target, str) or not isinstance(said, str) or target not in ESTIMATORS:
        return
    meant = framework_of(target)
    if said in {*FRAMEWORKS} - {meant}:
        message = f"framework is {said}, and {target} is of {meant}"
        yield Wording("ML243", message, f"write framework: {meant}, or leave it out", ("training", "framework"))


def known_arguments(view: View) -> Iterator[Wording]:
    """An argument that is not known would end the job, after it has waited for a machine."""
    estimator = _estimator(view)
    target = estimator.get("_target_") if estimator else None
    if estimator is None or not isinstance(target, str) or target not in ESTIMATORS:
        return
    for name, value in estimator.items():
        if name != "_target_" and (problem := argument_problem(target, str(name), value)):
            yield Wording("ML244", *problem, (*_PATH, str(name)), True)


def known_steps(view: View) -> Iterator[Wording]:
    """Steps before the estimator are looked up as it is."""
    preprocess = _training(view).get("preprocess")
    for kind in STEPS:
        steps = preprocess.get(kind) if isinstance(preprocess, Mapping) else None
        for number, step in enumerate(steps if isinstance(steps, tuple) else ()):
            if isinstance(step, Mapping):
                yield from _step(kind, str(number), step)


def _step(kind: str, number: str, step: Mapping[str, Any]) -> Iterator[Wording]:
    path = ("training", "preprocess", kind, number)
    target = step.get("_target_")
    if problem := step_problem(kind, target):
        yield Wording("ML231", *problem, (*path, "_target_") if "_target_" in step else path)
        return
    for name in step:
        if name != "_target_" and (found := step_argument_problem(kind, str(target), str(name))):
            yield Wording("ML244", *found, (*path, str(name)), True)


def own_modules(view: View) -> Iterator[Wording]:
    """A class of the user's own is looked up in its file, which is parsed and not run."""
    name, estimator = module_file(_training(view)), _estimator(view)
    if not name or estimator is None:
        return
    arguments = {key: value for key, value in estimator.items() if key != "_target_"}
    for fault in module_faults(str(estimator["_target_"]), arguments, view.texts.get(name)):
        path = (*_PATH, fault.argument or "_target_")
        yield Wording("ML245", fault.message, fault.hint, path, bool(fault.argument))


def _training(view: View) -> Mapping[str, Any]:
    training = view.tree.get("training")
    return training if isinstance(training, Mapping) else {}


def _estimator(view: View) -> Mapping[str, Any] | None:
    estimator = _training(view).get("estimator")
    return estimator if isinstance(estimator, Mapping) else None
