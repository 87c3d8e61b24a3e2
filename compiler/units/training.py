"""Turns a checked spec into the unit of its training job."""

from collections.abc import Iterator

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.locks import locked_requirements
from mlspec.compiler.units.training_settings import settings_source
from mlspec.runtime.estimators import ESTIMATORS
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError

_MAIN = '''"""Trains {name}: what SageMaker starts."""

import os
import sys
from pathlib import Path

from mlspec.runtime.training_job import run
from settings import SETTINGS

if __name__ == "__main__":
    sys.exit(run(SETTINGS, Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))))
'''


def training_unit(checked: Checked) -> Unit:
    """The files of `code/training/`; raises SpecError for what this job cannot train."""
    problems = list(_problems(checked))
    if problems:
        raise SpecError(problems)
    spec = checked.spec
    return Unit(
        name="training",
        files={
            "main.py": _MAIN.format(name=spec.name).encode(),
            "settings.py": settings_source(checked).encode(),
        },
        vendored=("training_job",),
        requirements=locked_requirements("training"),
        python=spec.serving.python,
        architecture="x86_64",
        platform="sagemaker",
    )


def _problems(checked: Checked) -> Iterator[Diagnostic]:
    training = checked.spec.training
    target = str(training.estimator.get("_target_"))
    if training.framework != "sklearn":
        message = f"framework {training.framework} cannot be trained yet"
        yield _problem(checked, "training.framework", message, "use sklearn")
    elif target not in ESTIMATORS:
        hint = f"those that can: {', '.join(sorted(ESTIMATORS))}"
        yield _problem(checked, "training.estimator._target_", f"{target} cannot be exported to ONNX exactly", hint)
    if training.tune is not None:
        message = "a search for hyperparameters cannot be run yet"
        yield _problem(checked, "training.tune", message, "remove tune, and give the values under estimator")


def _problem(checked: Checked, path: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("ML440", message, checked.origins.of(path).span, path, hint)
