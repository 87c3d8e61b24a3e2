"""Reads back what an apply changed and compares it with what was asked for: clouds roll things back silently."""

from collections.abc import Iterable, Mapping

from mlspec.specs.diagnostics import Diagnostic
from mlspec.targets.local.engine.failures import failure, span_of
from mlspec.targets.local.engine.ledger import Record
from mlspec.targets.local.engine.providers.contract import Cloud, Existing, Provider, Site


def read_back(records: Iterable[Record], cloud: Cloud, providers: Mapping[str, Provider]) -> list[Diagnostic]:
    """A diagnostic for each input that the cloud has otherwise; ignored ones may be anything."""
    return [problem for record in records for problem in _compare(record, cloud, providers[record["type"]])]


def _compare(record: Record, cloud: Cloud, provider: Provider) -> list[Diagnostic]:
    existing = Existing(record["id"], record["inputs"], record["outputs"])
    try:
        live = provider.read(Site(cloud, record["urn"]), existing)
    except Exception as error:
        return [failure(error, record, doing="read back")]
    ignored = {path.partition(".")[0].partition("[")[0] for path in record["options"].get("ignore_changes", ())}
    wanted = {**record["outputs"], **record["inputs"]}
    different = sorted(name for name in live if name not in ignored and live[name] != wanted.get(name))
    return [
        Diagnostic(
            "ML604",
            f"{record['name']} runs with {name} {live[name]!r}, not {wanted.get(name)!r}",
            span=span_of(record["declared"].get("origin")),
            hint="somebody else changed it, or the cloud took it back: apply again",
        )
        for name in different
    ]
