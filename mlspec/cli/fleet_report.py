"""The outcomes of a folder of specs -> a line for each and one for all, or JSON; the one exit code."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlspec.cli.fleet_outcomes import Outcome, counted, diagnostics_of, worst
from mlspec.cli.terminal import next_command, say, show_diagnostics, show_json, table

if TYPE_CHECKING:
    from mlspec.cli.fleet import Fleet

_WRONG = "with errors"


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The whole for machines."""
    import json

    from mlspec.specs.render import render_json

    specs = [
        {"spec": one.spec, "result": one.result, "stack": one.stack, "digest": one.digest, **dict(one.counts)}
        for one in outcomes
    ]
    told: dict[str, Any] = json.loads(render_json(diagnostics_of(outcomes)))
    return {**told, "specs": specs, "exit": worst(outcomes)}


def show_summary(outcomes: Sequence[Outcome], fleet: "Fleet") -> None:
    """A line for each spec, and one for all; what to type next, unless there are mistakes to mend."""
    columns = list(dict.fromkeys(name for outcome in outcomes for name, _ in outcome.counts))
    rows = [
        [one.spec, one.result, one.digest[:12], *(dict(one.counts).get(name, "") for name in columns)]
        for one in outcomes
    ]
    table(["spec", "result", "bundle", *columns], rows)
    counts = Counter(_kind(outcome) for outcome in outcomes)
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts, key=lambda kind: -counts[kind]))
    say(f"\n{counted(len(outcomes), 'spec')}: {parts}")
    if not counts[_WRONG]:
        _say_next(outcomes, fleet)


def _say_next(outcomes: Sequence[Outcome], fleet: "Fleet") -> None:
    """A change is applied to one spec at a time; what is right can be planned."""
    first = {one.result: Path(one.spec) for one in reversed(outcomes)}
    if "changes" in first:
        next_command(f"mlspec apply {first['changes']}", of=fleet.project(first["changes"]))
    elif "ok" in first:
        since = f" --changed-since {fleet.since}" if fleet.since else ""
        next_command(f"mlspec plan {fleet.folder}{since}", of=fleet.project(fleet.folder))


def report(outcomes: Sequence[Outcome], fleet: "Fleet", *, as_json: bool) -> int:
    """The whole as text or JSON; the exit code."""
    found = diagnostics_of(outcomes)
    if as_json:
        show_json(document(outcomes))
        return worst(outcomes)
    if found:
        show_diagnostics(found)
    show_summary(outcomes, fleet)
    return worst(outcomes)


def _kind(outcome: Outcome) -> str:
    return _WRONG if "error" in outcome.result else outcome.result
