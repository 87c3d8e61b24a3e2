"""What `mlspec bench` says: what is sent where, each run as it ends, and what to do next."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlspec.cli.outputs import writing
from mlspec.cli.terminal import next_command, say, show_json

if TYPE_CHECKING:
    from mlspec.targets.load.payloads import Mix
    from mlspec.targets.load.report import Report
    from mlspec.targets.load.run import Order
    from mlspec.targets.load.samples import Summary

_WIDTHS = (10, 11, 9, 9, 9, 9, 11, 9)
_CLOSED = ("401", "403")  # what those are answered with who have not said who they are


def heading() -> str:
    """The line above the runs."""
    from mlspec.targets.load.page import COLUMNS

    return _row(COLUMNS) + "  by status"


def line(run: "Summary") -> str:
    """A run under it."""
    from mlspec.targets.load.page import cells

    late = "" if run.kept_up else "; fell behind"
    return f"{_row(cells(run))}  {', '.join(f'{k}: {v:,}' for k, v in run.outcomes.items())}{late}"


def _row(texts: tuple[str, ...]) -> str:
    return "".join(f"{text:>{width}}" for text, width in zip(texts, _WIDTHS, strict=True))


def setting_of(order: "Order", where: str, mix: "Mix", processes: int) -> dict[str, str]:
    """What is sent where, by whom, and when."""
    bodies = order.payloads
    size = sum(len(payload.body) for payload in bodies) // len(bodies)
    different = len({payload.body for payload in bodies})
    rows = "1 row" if mix.rows == 1 else f"{mix.rows} rows"
    many = "1 process" if processes == 1 else f"{processes} processes"
    return {
        "server": where,
        "requests": f"{rows}, {size:,} bytes, {mix.malformed:.0%} malformed, {different} different",
        "client": f"{order.connections} connections, {many}, {order.seconds:g} s at each rate after {order.warmup:g} s "
        "of warm-up",
        **({"signed": str(order.scope)} if order.scope else {}),
        "begun": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def tell(report: "Report", page: Path | None, *, again: str, signed: bool, as_json: bool) -> None:
    """The page, the JSON, or what to do next; `again` is the command that was given, less its page."""
    from mlspec.targets.load.page import render_page
    from mlspec.targets.load.report import document

    if as_json:
        show_json(document(report))
    if page:
        with writing(page):  # after what took its time to measure was told
            page.write_text(render_page(report), encoding="utf-8")
    if as_json:
        return
    if page:
        say(f"\n  wrote {page}")
    if not signed and any(status in run.outcomes for run in report.runs for status in _CLOSED):
        say("  the server wants requests to be signed: --aws-sigv4 aws:amz:REGION:SERVICE", "bad")
    elif not page:
        next_command(f"{again} --page bench.html")
