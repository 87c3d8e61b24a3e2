"""Deletes what the program has no more: dependants first, and nothing at all when something of it is protected."""

from collections.abc import Iterable, Mapping

from mlspec.specs.diagnostics import Diagnostic
from mlspec.targets.local.engine.deployment import Deployment
from mlspec.targets.local.engine.events import Event, Progress
from mlspec.targets.local.engine.failures import failure, span_of
from mlspec.targets.local.engine.ledger import Record


def remove(deployment: Deployment, records: Iterable[Record], *, progress: Progress, force: bool = False) -> None:
    """Delete the records' resources; problems are added to the deployment's diagnostics. `force`: also what is
    protected, and data."""
    doomed = dependants_first({record["name"]: record for record in records})
    protected = [] if force else [_protected(record) for record in doomed if record["options"].get("protect")]
    if protected:
        deployment.diagnostics.extend(protected)
        return
    for record in doomed:
        try:
            deployment.delete(record, force=force)
        except Exception as error:
            deployment.diagnostics.append(failure(error, record, doing="delete"))
            progress(Event("fail", record["name"], record["type"], deployment.diagnostics[-1].message))
            return
        progress(Event("delete", record["name"], record["type"]))


def dependants_first(records: Mapping[str, Record]) -> list[Record]:
    """The records, each before all that it depends on; by name where that leaves a choice."""
    order: list[Record] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name not in records:
            return
        seen.add(name)
        for dependency in sorted(records[name]["dependencies"], reverse=True):
            visit(dependency)
        order.append(records[name])

    for name in sorted(records, reverse=True):
        visit(name)
    return order[::-1]


def _protected(record: Record) -> Diagnostic:
    return Diagnostic(
        "ML603",
        f"{record['name']} is protected and would be deleted",
        span=span_of(record.get("declared", {}).get("origin")),
        hint="keep it in the spec; or apply once without its protection, then remove it",
    )
