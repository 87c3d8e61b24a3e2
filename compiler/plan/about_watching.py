"""Says what becomes of the watching: monitors, the rollout, retraining, how long records are kept."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.compiler.plan.model import Meaning, Sides
from mlspec.compiler.plan.quantities import Looser, amount, moved_limits

MONITOR_LIMITS: Mapping[str, Looser] = {
    "threshold": "rising",
    "max": "rising",
    "min": "falling",
    "min_rows": "rising",
}
ROLLOUT_LIMITS: Mapping[str, Looser] = {"bake": "falling", "max_error_rate": "rising"}
Block = Mapping[str, Any]


def monitors_moved(sides: Sides) -> Iterator[Meaning]:
    """Each limit of a monitor that stays, when its number is another."""
    for old, new, path in _monitors(sides):
        if old is None or new is None:
            continue
        for key, looser in moved_limits(old, new, MONITOR_LIMITS):
            word = "loosened" if looser else "tightened"
            text = f"monitor {word}: {_about(new)}, {key} {old.get(key, 'none')} -> {new.get(key, 'none')}"
            yield Meaning(f"monitor-{word}", "ml", text, sides.place(f"{path}.{key}"), risk=looser)


def monitors_removed(sides: Sides) -> Iterator[Meaning]:
    """Signals that nobody watches any more."""
    for old, new, _ in _monitors(sides):
        if old and not new:
            yield Meaning(
                "monitor-removed", "ml", f"monitor removed: {_about(old)}", sides.place("monitors"), risk=True
            )


def monitors_added(sides: Sides) -> Iterator[Meaning]:
    """Signals that are watched from now on."""
    for old, new, path in _monitors(sides):
        if new and not old:
            yield Meaning("monitor-added", "ml", f"monitor added: {_about(new)}", sides.place(path))


def rollout_changed(sides: Sides) -> Iterator[Meaning]:
    """Every key of the rollout that has another value; less watching is a risk."""
    old, new = _block(sides.old_spec, "rollout"), _block(sides.new_spec, "rollout")
    if sides.old_spec is None or sides.new_spec is None:
        return
    looser = dict(moved_limits(old, new, ROLLOUT_LIMITS))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            risk = looser.get(key, False) or _less_careful(key, old.get(key), new.get(key))
            text = f"rollout changed: {key} {_text(old.get(key))} -> {_text(new.get(key))}"
            yield Meaning("rollout-changed", "operations", text, sides.place(f"rollout.{key}"), risk=risk)


def retraining_changed(sides: Sides) -> Iterator[Meaning]:
    """Every key of retraining that has another value: it costs money, and models age without it."""
    old, new = _block(sides.old_spec, "retraining"), _block(sides.new_spec, "retraining")
    for key in sorted(old.keys() | new.keys()) if sides.old_spec and sides.new_spec else ():
        if old.get(key) != new.get(key):
            text = f"retraining changed: {key} {_text(old.get(key))} -> {_text(new.get(key))}"
            yield Meaning("retraining-changed", "cost", text, sides.place(f"retraining.{key}"))


def retention_shortened(sides: Sides) -> Iterator[Meaning]:
    """Records that are deleted sooner."""
    old = _block(sides.old_spec, "governance").get("retention")
    new = _block(sides.new_spec, "governance").get("retention")
    before, after = amount(old), amount(new)
    if before is not None and after is not None and after < before:
        text = f"retention shortened: records are kept {new}, not {old}; older ones are deleted"
        yield Meaning("retention-shortened", "security", text, sides.place("governance.retention"), risk=True)


def _less_careful(key: str, old: Any, new: Any) -> bool:
    match key:
        case "strategy":
            return bool(new == "all_at_once")
        case "rollback_on":
            return bool(set(old or ()) - set(new or ()))
        case "steps":
            return len(new or ()) < len(old or ()) or (amount((new or (0,))[0]) or 0) > (amount((old or (0,))[0]) or 0)
        case _:
            return False


def _monitors(sides: Sides) -> Iterator[tuple[Block | None, Block | None, str]]:
    if sides.old_spec is None or sides.new_spec is None:
        return
    left = [dict(monitor) for monitor in sides.old_spec.get("monitors", ())]
    for index, monitor in enumerate(sides.new_spec.get("monitors", ())):
        partner = next((old for old in left if _about(old) == _about(monitor)), None)
        if partner is not None:
            left.remove(partner)
        yield partner, monitor, f"monitors.{index}"
    yield from ((old, None, "monitors") for old in left)


def _about(monitor: Block) -> str:
    return " ".join(str(monitor[key]) for key in ("signal", "method", "metric") if key in monitor)


def _block(spec: Block | None, name: str) -> Block:
    block: Block | None = (spec or {}).get(name)
    return block or {}


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return "none" if value is None else str(value)
