"""The record of an apply of a bundle, made without a cloud: every resource done, with an id."""

import json
from dataclasses import replace

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.entries import entry_of, lock_of
from mlspec.compiler.state import State, StateResource


def applied(bundle: Bundle, *, serial: int = 1) -> State:
    """What a whole apply of `bundle` leaves behind."""
    graph = json.loads(bundle.files["graph.json"])
    return State(
        lineage="a1",
        serial=serial,
        stack=f"{graph['spec']}-{graph['environment']}",
        target="local",
        cloud="c1",
        account="123456789012",
        region="eu-west-1",
        bundle=bundle.digest,
        complete=True,
        spec=lock_of(bundle)["spec"],
        resources={declared["name"]: _resource(declared) for declared in graph["resources"]},
    )


def _resource(declared: dict[str, object]) -> StateResource:
    entry = entry_of(declared)
    urn = f"urn:pulumi:dev::flight::{entry.type}::{entry.name}"
    needs = tuple(sorted(entry.needs()))
    return StateResource(entry.type, entry.name, urn, f"id-{entry.name}", {}, {}, needs, entry.options, declared)


def unfinished(state: State, name: str, *, made: bool) -> State:
    """The record of an apply that stopped while it worked on one resource."""
    held = replace(state.resources[name], status="pending", id=state.resources[name].id if made else None)
    return replace(state, complete=False, resources={**state.resources, name: held})
