"""Turns a spec's gates into the function that judges every model before it may serve."""

from collections.abc import Iterator
from decimal import Decimal

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.control import control_unit, source_line
from mlspec.compiler.units.literals import literal
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.models import Gate
from mlspec.specs.units import Duration

_HANDLER = '''"""Judges each model of {name} by its gates."""

import os
from typing import Any

from mlspec.runtime.model_room import room_of
from mlspec.runtime.verdict import connect, gate
from settings import GATES

STORE, ROOM = connect(os.environ), room_of(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The verdict that the workflow goes by."""
    return gate(event, STORE, GATES, room=ROOM)
'''

_SETTINGS = '''"""The gates of {name}; all of them must pass."""

from mlspec.runtime.gates import Gate

GATES: tuple[Gate, ...] = ({gates})
'''


def gate_unit(checked: Checked) -> Unit:
    """The function between training and rollout; raises SpecError for gates that it could not hold."""
    problems = tuple(_problems(checked))
    if problems:
        raise SpecError(problems)
    gates = "".join(
        f"    {_gate(gate, source_line(checked, f'gates.{number}'))},\n"
        for number, gate in enumerate(checked.spec.gates)
        if gate.metric is not None
    )
    settings = _SETTINGS.format(name=checked.spec.name, gates=f"\n{gates}" if gates else "")
    return control_unit(checked, "gate", vendored="verdict", handler=_HANDLER, settings=settings)


def _gate(gate: Gate, line: str) -> str:
    limit = gate.max.milliseconds if isinstance(gate.max, Duration) else gate.max
    values = {
        "metric": gate.measured,
        "line": line,
        "minimum": _number(gate.min),
        "maximum": _number(limit),
        "tolerance": _number(gate.tolerance) if gate.versus else None,
        "confidence": _number(gate.confidence.fraction) if gate.confidence and gate.versus else None,
        "each": gate.each,
        "min_rows": gate.min_rows if gate.each else None,
    }
    inside = ", ".join(f"{key}={literal(value)}" for key, value in values.items() if value is not None)
    return f"Gate({inside})"


def _number(value: float | Decimal | None) -> float | None:
    return None if value is None else float(value)


def _problems(checked: Checked) -> Iterator[Diagnostic]:
    """Gates that would otherwise be passed over in silence."""
    environment = checked.spec.environment
    for number, gate in enumerate(checked.spec.gates):
        if gate.approval is not None and gate.approval.when in ("", f"env.{environment}"):
            message = f"the approval of {gate.approval.by} cannot be waited for yet"
            yield _problem(checked, f"gates.{number}.approval", message, "remove it, or limit it with `when`")
        if gate.each and gate.versus and gate.confidence is not None:
            message = f"confidence is not measured for each {gate.each}"
            yield _problem(checked, f"gates.{number}.confidence", message, "remove confidence: means are compared")


def _problem(checked: Checked, path: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("ML445", message, checked.origins.of(path).span, path, hint)
