"""The units a spec needs, made one by one so that what all of them refuse is known at once."""

from collections.abc import Callable, Mapping

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.gate import gate_unit
from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.units.inference_compiled import compiles, engine_problems, inference_compiled_unit
from mlspec.compiler.units.inference_image import inference_image_unit
from mlspec.compiler.units.monitor import monitor_unit
from mlspec.compiler.units.rollout import rollout_unit
from mlspec.compiler.units.start import start_unit
from mlspec.compiler.units.training import training_unit
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.aws.forms import form_of
from mlspec.targets.aws.lower.context import DRIFT_SIGNALS


def _container_unit(checked: Checked) -> Unit:
    from mlspec.compiler.units.container import container_unit  # its pages take time to load, and few specs need them

    return container_unit(checked)


UNITS: Mapping[str, Callable[[Checked], Unit]] = {
    "gate": gate_unit,
    "inference": inference_unit,
    "inference-compiled": inference_compiled_unit,
    "monitor": monitor_unit,
    "rollout": rollout_unit,
    "start": start_unit,
    "training": training_unit,
}
IN_A_CONTAINER: Mapping[str, Callable[[Checked], Unit]] = {"container": _container_unit, "training": training_unit}
IN_AN_IMAGE: Mapping[str, Callable[[Checked], Unit]] = {**UNITS, "inference": inference_image_unit}


def _makers(checked: Checked, *, image: bool) -> Mapping[str, Callable[[Checked], Unit]]:
    if checked.spec.serving.target == "container":
        return IN_A_CONTAINER
    return IN_AN_IMAGE if image else UNITS


def make_units(checked: Checked) -> tuple[dict[str, Unit], tuple[Diagnostic, ...]]:
    """Units by name, and what could not be made; the monitor only where there is drift to watch, the function without
    ONNX Runtime only where the model may do without it."""
    idle = set() if any(monitor.signal in DRIFT_SIGNALS for monitor in checked.spec.monitors) else {"monitor"}
    idle |= set() if compiles(checked) else {"inference-compiled"}
    image = form_of(checked.spec.serving).name == "image"
    idle |= {"inference-compiled"} if image else set()  # an image holds whatever may answer
    units: dict[str, Unit] = {}
    problems = [*engine_problems(checked)]
    for name, make in _makers(checked, image=image).items():
        if name in idle:
            continue
        try:
            units[name] = make(checked)
        except SpecError as error:
            problems += error.diagnostics
    return units, tuple(problems)
