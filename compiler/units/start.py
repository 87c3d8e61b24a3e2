"""Turns a spec's retraining block into the function that decides whether a training may start."""

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.control import control_unit, source_line
from mlspec.compiler.units.literals import call, literal
from mlspec.specs.checked import Checked

_HANDLER = '''"""Decides whether a training of {name} may start now."""

import os
from typing import Any

from mlspec.runtime.retraining import connect, start
from settings import LIMITS

AROUND = connect(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The answer that the workflow goes by."""
    return start(event, AROUND, LIMITS)
'''

_SETTINGS = '''"""What {name} allows: {line}."""

from mlspec.runtime.retraining import Limits

LIMITS = {limits}
'''


def start_unit(checked: Checked) -> Unit:
    """The function that runs first in the workflow."""
    settings = _SETTINGS.format(
        name=checked.spec.name, line=source_line(checked, "retraining"), limits=_limits(checked)
    )
    return control_unit(checked, "start", vendored="retraining", handler=_HANDLER, settings=settings)


def _limits(checked: Checked) -> str:
    retraining = checked.spec.retraining
    values = {
        "automatic": retraining is not None,
        "cooldown": retraining.cooldown.milliseconds / 1000 if retraining else 0.0,
        "max_per_month": retraining.max_per_month if retraining else 0,
        "min_new_rows": retraining.min_new_rows if retraining else 0,
    }
    return call("Limits", {key: literal(value) for key, value in values.items()})
