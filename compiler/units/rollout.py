"""Turns a spec's rollout block into the function that moves traffic to a release and back."""

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.control import control_unit, source_line
from mlspec.compiler.units.literals import call, literal
from mlspec.specs.checked import Checked
from mlspec.specs.models import Rollout

_HANDLER = '''"""Moves the traffic of {name} from one release to the next."""

import os
from typing import Any

from mlspec.runtime.rollout import connect, roll
from settings import STEPS

AROUND = connect(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What is so after the event's action."""
    return roll(event, AROUND, STEPS)
'''

_SETTINGS = '''"""How traffic moves to a new release of {name}: {line}."""

from mlspec.runtime.rollout import Steps

STEPS = {steps}
'''


def rollout_unit(checked: Checked) -> Unit:
    """The function that the workflow calls from registration to promotion."""
    rollout = checked.spec.rollout
    steps = call(
        "Steps",
        {"shares": literal(shares(rollout)), "bake": literal(rollout.bake.milliseconds / 1000)},
    )
    settings = _SETTINGS.format(name=checked.spec.name, line=source_line(checked, "rollout"), steps=steps)
    return control_unit(checked, "rollout", vendored="rollout", handler=_HANDLER, settings=settings)


def shares(rollout: Rollout) -> tuple[float, ...]:
    """The share of traffic at each step; the last is all of it, whatever the spec's last step is."""
    if rollout.strategy == "all_at_once":
        return (1.0,)
    given = tuple(float(step.fraction) for step in rollout.steps)
    return given if given[-1] == 1 else (*given, 1.0)
