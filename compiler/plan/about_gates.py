"""Says what becomes of the gates: loosened, tightened, removed, added."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.compiler.plan.model import Meaning, Sides
from mlspec.compiler.plan.quantities import Looser, moved_limits

LIMITS: Mapping[str, Looser] = {
    "min": "falling",
    "max": "rising",
    "tolerance": "rising",
    "confidence": "falling",
    "min_rows": "rising",
}
Gate = Mapping[str, Any]


def gates_moved(sides: Sides) -> Iterator[Meaning]:
    """Each limit of a gate that stays, when its number is another."""
    for old, new, path in _pairs(sides):
        if old is None or new is None:
            continue
        for key, looser in moved_limits(old, new, LIMITS):
            word = "loosened" if looser else "tightened"
            text = f"gate {word}: {gate_name(new)}, {key} {_value(old, key)} -> {_value(new, key)}"
            yield Meaning(f"gate-{word}", "ml", text, sides.place(f"{path}.{key}"), risk=looser)


def gates_removed(sides: Sides) -> Iterator[Meaning]:
    """Gates that no release has to pass any more."""
    for old, new, _ in _pairs(sides):
        if old and not new:
            yield Meaning("gate-removed", "ml", f"gate removed: {gate_text(old)}", sides.place("gates"), risk=True)


def gates_added(sides: Sides) -> Iterator[Meaning]:
    """Gates that are new."""
    for old, new, path in _pairs(sides):
        if new and not old:
            yield Meaning("gate-added", "ml", f"gate added: {gate_text(new)}", sides.place(path))


def gate_name(gate: Gate) -> str:
    """What a gate is about, without its numbers."""
    if "approval" in gate:
        return f"approval by {gate['approval']['by']}"
    each = f" in each {gate['each']}" if "each" in gate else ""
    versus = f" versus {gate['versus']}" if "versus" in gate else ""
    of = f" of {gate['output']}" if "output" in gate else ""
    return f"{gate['metric']}{of}{versus}{each}"


def gate_text(gate: Gate) -> str:
    """A gate with its numbers."""
    limits = [f"{key} {gate[key]}" for key in ("min", "max", "confidence") if key in gate]
    limits += [f"tolerance {gate['tolerance']}"] if "versus" in gate else []
    return " ".join([gate_name(gate), *limits])


def _pairs(sides: Sides) -> Iterator[tuple[Gate | None, Gate | None, str]]:
    """Old and new gates about the same thing, in order; what has no partner stands alone."""
    if sides.old_spec is None or sides.new_spec is None:
        return
    left = [dict(gate) for gate in sides.old_spec.get("gates", ())]
    for index, gate in enumerate(sides.new_spec.get("gates", ())):
        partner = next((old for old in left if _about(old) == _about(gate)), None)
        if partner is not None:
            left.remove(partner)
        yield partner, gate, f"gates.{index}"
    yield from ((old, None, "gates") for old in left)


def _about(gate: Gate) -> tuple[str, ...]:
    bound = next((key for key in ("min", "max", "versus") if key in gate), "")
    return (gate_name(gate), bound)


def _value(gate: Gate, key: str) -> str:
    return str(gate.get(key, "none"))
