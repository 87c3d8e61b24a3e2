"""The unit that answers predictions with a model compiled to plain Python: no NumPy, no ONNX Runtime, kilobytes."""

from dataclasses import replace

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.inference import inference_unit
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic

# Whose models are neither linear nor sums of trees. Another may still turn out too large, when it has been trained.
NEVER = frozenset(
    {
        "sklearn.ensemble.AdaBoostClassifier",
        "sklearn.ensemble.AdaBoostRegressor",
        "sklearn.naive_bayes.BernoulliNB",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.neural_network.MLPClassifier",
        "sklearn.neural_network.MLPRegressor",
        "sklearn.svm.NuSVR",
        "sklearn.svm.SVC",
        "sklearn.svm.SVR",
    }
)
_HANDLER = '''"""The entry point of {name}'s inference function; a release adds the folder model/ beside this file."""

import sys
from os.path import dirname, join
from types import ModuleType

# The parts of msgspec for what no request has: without them a start takes a twentieth less.
for _part in ("inspect", "msgpack", "toml", "yaml"):
    sys.modules.setdefault(f"msgspec.{{_part}}", ModuleType(_part))

import contract  # noqa: E402
from mlspec.runtime.serving import serve  # noqa: E402

handler = serve(contract, join(dirname(__file__), "model"))
'''
_LIBRARIES = ("sklearn", "xgboost", "lightgbm")
_NEEDED = "msgspec=="


def compiles(checked: Checked) -> bool:
    """Whether a release of the spec may be served without ONNX Runtime."""
    return checked.spec.serving.engine != "onnx" and _can(checked)


def inference_compiled_unit(checked: Checked) -> Unit:
    """The inference unit with nothing but what plain Python needs."""
    unit = inference_unit(checked)
    needed = tuple(line for line in unit.requirements if line.startswith(_NEEDED))
    files = {**unit.files, "handler.py": _HANDLER.format(name=checked.spec.name).encode()}
    return replace(unit, name="inference-compiled", files=files, requirements=needed)


def engine_problems(checked: Checked) -> tuple[Diagnostic, ...]:
    """What stands against the spec's engine, as far as it is known before anything is trained."""
    if checked.spec.serving.engine != "compiled" or _can(checked):
        return ()
    path = "serving.engine"
    target = checked.spec.training.estimator.get("_target_")
    message = f"{target} cannot be compiled: it is neither linear nor made of trees"
    return (Diagnostic("ML441", message, checked.origins.of(path).span, path, "use engine: auto, or onnx"),)


def _can(checked: Checked) -> bool:
    target = str(checked.spec.training.estimator.get("_target_"))
    return target.startswith(_LIBRARIES) and target not in NEVER
