"""Turns a bundle and what is recorded as deployed into a plan."""

import json
from collections.abc import Iterator

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.entries import GRAPH, graph_entries, lock_of
from mlspec.compiler.plan.meanings import meanings_of
from mlspec.compiler.plan.model import Plan, Sides, Step, Where
from mlspec.compiler.plan.steps import deletions, plan_steps
from mlspec.compiler.state import State
from mlspec.specs.diagnostics import Diagnostic


def make_plan(bundle: Bundle, state: State | None, *, where: Where | None = None) -> Plan:
    """What an apply of `bundle` would do; `where` is the cloud meant, by default the state's."""
    wanted = graph_entries(bundle)
    recorded = state.resources if state else {}
    lock = lock_of(bundle)
    old = {name: held.entry for name, held in recorded.items()}
    steps = plan_steps(wanted, recorded)
    sides = Sides(steps, old, wanted, (state.spec if state else None) or None, lock["spec"], lock["origins"])
    return Plan(
        stack=_stack(bundle),
        bundle=bundle.digest,
        serial=state.serial if state else 0,
        lineage=state.lineage if state else "",
        where=where or _where(state),
        steps=steps,
        meanings=meanings_of(sides),
        refusals=tuple(_refusals(sides)),
    )


def destroy_plan(state: State) -> Plan:
    """What deleting all of a stack would do."""
    steps = tuple(deletions(state.resources))
    sides = Sides(steps, {name: held.entry for name, held in state.resources.items()}, {})
    losses = tuple(meaning for meaning in meanings_of(sides) if meaning.risk)
    refusals = tuple(_refusals(sides))
    return Plan(state.stack, "", state.serial, state.lineage, _where(state), steps, losses, refusals)


def _where(state: State | None) -> Where:
    return Where(state.target, state.cloud, state.account, state.region) if state else Where()


def _stack(bundle: Bundle) -> str:
    graph = json.loads(bundle.files[GRAPH])
    return f"{graph['spec']}-{graph['environment']}"


def _refusals(sides: Sides) -> Iterator[Diagnostic]:
    """Protected resources that the steps would delete, now or to replace them."""
    protected = {name for name, entry in sides.old.items() if entry.protected}
    for step in sides.steps:
        if step.name in protected and step.action in ("delete", "replace"):
            yield Diagnostic("ML520", f"'{step.name}' is protected, and would be {_done(step)}", hint=_HINT)


_HINT = "apply once with its protection off, then again with the change"


def _done(step: Step) -> str:
    return "deleted" if step.action == "delete" else "replaced"
