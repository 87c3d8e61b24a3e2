"""Turns what is wanted and what is recorded into steps, in the order an apply takes them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlspec.compiler.encoding import shown
from mlspec.compiler.entries import Entry, refs_in
from mlspec.compiler.order import in_order
from mlspec.compiler.plan.diff import changes_between
from mlspec.compiler.plan.model import UNKNOWN, Action, Change, Step
from mlspec.compiler.state import StateResource

# Outputs that an update in place may change; all others stay until a replacement.
VOLATILE = frozenset(
    {"etag", "lastModified", "qualifiedArn", "qualifiedInvokeArn", "sourceCodeHash", "version", "versionId"}
)
_UNFINISHED = "an earlier apply did not finish it"


def plan_steps(wanted: Mapping[str, Entry], recorded: Mapping[str, StateResource]) -> tuple[Step, ...]:
    """Creations and changes after what they need, then deletions before what they needed."""
    steps: dict[str, Step] = {}
    for name in in_order({name: entry.needs() for name, entry in wanted.items()}):
        steps[name] = _step(wanted[name], recorded, steps=steps, wanted=wanted)
    return (*steps.values(), *deletions({n: held for n, held in recorded.items() if n not in wanted}))


def deletions(recorded: Mapping[str, StateResource]) -> Iterator[Step]:
    """A step for each resource, users before what they use."""
    needs = {name: held.entry.needs() | set(held.dependencies) for name, held in recorded.items()}
    # A record may hold a cycle that no graph of ours has; those names still go, last.
    order = in_order(needs)
    for name in [*reversed(order), *sorted(recorded.keys() - set(order))]:
        yield _as_step(recorded[name].entry, "delete", reason="" if _exists(recorded[name]) else _UNFINISHED)


def _exists(held: StateResource) -> bool:
    """Whether the cloud is known to have it."""
    return bool(held.id)


def _step(
    entry: Entry, recorded: Mapping[str, StateResource], *, steps: Mapping[str, Step], wanted: Mapping[str, Entry]
) -> Step:
    held = recorded.get(entry.name)
    if held is None or (held.status == "pending" and not _exists(held)):
        fresh = tuple(changes_between({}, dict(entry.properties)))
        return _as_step(entry, "create", changes=fresh, reason=_UNFINISHED if held else "")
    if held.type != entry.type:
        return _as_step(entry, "replace", reason=f"it was a {held.type}")
    changes = _changes(entry, held.entry, moved=_moved(entry, recorded, steps=steps, wanted=wanted))
    if any(change.forces for change in changes):
        return _as_step(entry, "replace", changes=changes)
    if changes:
        return _as_step(entry, "update", changes=changes)
    if held.status == "pending":
        return _as_step(entry, "update", reason=_UNFINISHED)
    return _as_step(entry, "keep")


def _changes(entry: Entry, old: Entry, *, moved: Mapping[str, Change]) -> tuple[Change, ...]:
    own = {change.path: change for change in changes_between(dict(old.properties), dict(entry.properties))}
    found = [change for path, change in sorted({**moved, **own}.items()) if _top(path) not in entry.ignored]
    if entry.protected != old.protected:
        found.append(Change("options.protect", "change", old.protected, entry.protected))
    return tuple(replace(change, forces=_forces(change.path, entry)) for change in found)


def _moved(
    entry: Entry, recorded: Mapping[str, StateResource], *, steps: Mapping[str, Step], wanted: Mapping[str, Entry]
) -> dict[str, Change]:
    """Properties whose text is the same, but that refer to something this plan changes."""
    found: dict[str, Change] = {}
    for path, value in entry.properties.items():
        for name, output in refs_in(value):
            step = steps.get(name)
            if step is None or name not in recorded or step.action not in ("update", "replace"):
                continue
            before, after = recorded[name].entry.properties.get(output), wanted[name].properties.get(output)
            if _literal(before) and _literal(after):
                if before != after:
                    found[path] = Change(path, "change", before, after)
            elif step.action == "replace" or output in VOLATILE:
                found[path] = Change(path, "change", shown(value), UNKNOWN)
    return found


def _literal(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _forces(path: str, entry: Entry) -> bool:
    """Whether the path is, is below, or is above a property that cannot be changed in place."""
    plain = re.sub(r"\[[^]]*\]", "", path)
    return any(
        plain == fixed or plain.startswith(f"{fixed}.") or fixed.startswith(f"{plain}.") for fixed in entry.replace_on
    )


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _as_step(entry: Entry, action: Action, *, changes: tuple[Change, ...] = (), reason: str = "") -> Step:
    return Step(action, entry.type, entry.name, entry.reviewer, entry.origin, entry.why, changes, reason)
