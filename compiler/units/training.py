"""Turns a checked spec into the unit of its training job."""

import re
from collections.abc import Iterator, Mapping

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.locks import locked_requirements
from mlspec.compiler.units.training_settings import framework_of_spec, settings_source
from mlspec.runtime.estimators import ESTIMATORS
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.estimators import SCALES
from mlspec.specs.modules import module_file

_MAIN = '''"""Trains {name}: what SageMaker starts."""

import os
import sys
from pathlib import Path

from mlspec.runtime.training_job import run
from settings import SETTINGS

if __name__ == "__main__":
    sys.exit(run(SETTINGS, Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))))
'''

# The image brings torch itself: with CUDA it is gigabytes.
LOCKS: Mapping[str, str] = {
    "sklearn": "training",
    "xgboost": "training-xgboost",
    "lightgbm": "training-lightgbm",
    "torch": "training-torch",
}
_EXPLAINED = re.compile(r"sklearn\.(linear_model|tree)\.|sklearn\.ensemble\.(?!AdaBoost|Bagging)|xgboost\.|lightgbm\.")
_VENDORED = {"torch": ("networks", "training_job")}


def training_unit(checked: Checked) -> Unit:
    """The files of `code/training/`; raises SpecError for what this job cannot train."""
    problems = list(_problems(checked))
    if problems:
        raise SpecError(problems)
    spec, framework = checked.spec, framework_of_spec(checked.spec)
    return Unit(
        name="training",
        files={
            "main.py": _MAIN.format(name=spec.name).encode(),
            "settings.py": settings_source(checked).encode(),
            **_own_module(checked),
        },
        vendored=_VENDORED.get(framework, ("training_job",)),
        requirements=locked_requirements(LOCKS[framework]),
        python=spec.serving.python if spec.training.image else "3.12",
        architecture="x86_64",
        platform="sagemaker",
    )


def _own_module(checked: Checked) -> dict[str, bytes]:
    """The file with the user's own class, as it is beside the spec."""
    name = module_file(checked.spec.training.model_dump())
    return {name: checked.texts[name].encode()} if name else {}


def _problems(checked: Checked) -> Iterator[Diagnostic]:
    training = checked.spec.training
    target, framework = str(training.estimator.get("_target_")), framework_of_spec(checked.spec)
    if framework not in LOCKS:
        message = f"framework {framework} cannot be trained yet"
        yield _problem(checked, "training.framework", message, f"use {', '.join(LOCKS)}")
    elif framework != "torch" and target not in ESTIMATORS:
        hint = f"those that can: {', '.join(sorted(ESTIMATORS))}"
        yield _problem(checked, "training.estimator._target_", f"{target} cannot be exported to ONNX exactly", hint)
    if len(checked.spec.labels) > 1 and target in ESTIMATORS and ESTIMATORS[target].several:
        yield from _one_of_a_kind(checked)
    if training.preprocess and (target not in ESTIMATORS or ESTIMATORS[target].preparation == "none"):
        message = f"preprocess has no effect on {target}, which takes the rows as they are laid out"
        yield _problem(checked, "training.preprocess", message, "leave it out", code="ML403")
    if checked.spec.serving.explain and not _EXPLAINED.match(target):
        hint = "leave explain out, or use a linear model, trees of scikit-learn, XGBoost or LightGBM"
        yield _problem(checked, "serving.explain", f"{target} has no exact explanations", hint, code="ML442")
    yield from _idle_steps(checked)
    if training.tune is not None:
        message = "a search for hyperparameters cannot be run yet"
        yield _problem(checked, "training.tune", message, "remove tune, and give the values under estimator")


def _one_of_a_kind(checked: Checked) -> Iterator[Diagnostic]:
    """What scikit-learn's trees keep of one label only."""
    if checked.spec.training.estimator.get("monotonic_cst") is not None:
        message = "monotonic_cst cannot be kept by trees that learn several labels"
        hint = "leave it out, or use HistGradientBoostingRegressor, which learns each label by itself"
        yield _problem(checked, "training.estimator.monotonic_cst", message, hint)


def _idle_steps(checked: Checked) -> Iterator[Diagnostic]:
    """A tree splits a scaled number where it splits the number; the scaled one is only rounded once more."""
    training = checked.spec.training
    kind = ESTIMATORS.get(str(training.estimator.get("_target_")))
    if training.preprocess is None or kind is None or kind.preparation != "impute":
        return
    for name, steps in training.preprocess.model_dump().items():
        for number, step in enumerate(steps):
            if step["_target_"] in SCALES:
                path = f"training.preprocess.{name}.{number}._target_"
                yield _problem(checked, path, "scaling has no effect on trees", "leave the step out", code="ML403")


def _problem(checked: Checked, path: str, message: str, hint: str, *, code: str = "ML440") -> Diagnostic:
    return Diagnostic(code, message, checked.origins.of(path).span, path, hint)
