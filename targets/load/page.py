"""A bench report turned into one HTML page with plots that needs nothing else: no script, no font, no network."""

from collections.abc import Iterator, Sequence
from html import escape

from mlspec.targets.load.plots import Line, linear, logarithmic, nines, plot
from mlspec.targets.load.report import Report
from mlspec.targets.load.samples import Summary

_HEAD = """
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
""".strip()
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .2rem .8rem; text-align: right; }
th, td { white-space: nowrap; vertical-align: top; }
th { border-bottom: 1px solid #888; font-weight: 600; } td { font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; } dd { margin: 0; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: #333; } .grid { stroke: #ddd; }
td:last-child, th:last-child { text-align: left; } .wide { overflow-x: auto; }
.bad { color: #b00020; font-weight: 600; } .late { color: #9a4a00; } .quiet { color: #666; }
@media (prefers-color-scheme: dark) {
  body { background: #111; color: #ddd; } svg text { fill: #ccc; } .grid { stroke: #333; } .quiet { color: #999; }
  .bad { color: #ff8a80; } .late { color: #ffb86b; } svg polyline, svg circle, svg rect { filter: brightness(1.5); }
}
""".strip()
COLUMNS = ("asked/s", "answered/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "longest ms", "failures")


def render_page(report: Report) -> str:
    """The whole report."""
    title = escape(report.title)
    body = "\n".join(_body(report))
    return f"{_HEAD}\n<title>{title}</title>\n<style>\n{_STYLE}\n</style>\n<h1>{title}</h1>\n{body}\n</html>\n"


def _body(report: Report) -> Iterator[str]:
    yield "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in report.setting.items()) + "</dl>"
    yield from _findings(report)
    yield _table(report.runs)
    yield "<h2>Latency by percentile</h2>" + _by_percentile(report.runs)
    if len(report.runs) > 1:
        yield "<h2>Latency by rate</h2>" + _by_rate(report.runs)
    yield "<h2>Latency over time</h2>" + _course(report.runs)
    yield (
        '<p class="quiet">Latency counts from the moment a request was meant to be sent, whether or not a connection '
        "was free. Times are milliseconds (ms); p99 is the latency that 99% of the requests stayed within.</p>"
    )


def _findings(report: Report) -> Iterator[str]:
    if report.capacity:
        yield f"<p>As fast as replies come: <strong>{report.capacity.throughput:,.0f}</strong> requests/s.</p>"
    if report.bound:
        rate = f"{_rate(report.within.rate)} requests/s" if report.within else "not reached at any rate tried"
        yield f"<p>Highest rate with {report.bound}: <strong>{rate}</strong>.</p>"
    if any(not run.kept_up for run in report.runs):
        yield "<p>Where fewer were answered than asked, the server (or this client) fell behind.</p>"


def cells(run: Summary) -> tuple[str, ...]:
    """A run under COLUMNS."""
    told = (run.latency[p] for p in (50.0, 90.0, 99.0, 99.9, 100.0))
    return (_rate(run.rate), _rate(run.throughput), *map(milliseconds, told), f"{run.failures:,}")


def milliseconds(value: float) -> str:
    """To three digits, or to one millisecond."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def _table(runs: Sequence[Summary]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in (*COLUMNS, "by status"))
    rows = "".join(f"<tr>{''.join(_cells(run))}</tr>" for run in runs)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(run: Summary) -> Iterator[str]:
    asked, answered, *plain, failures = cells(run)
    yield f"<td>{asked}</td>"
    yield f"<td>{answered}</td>" if run.kept_up else f'<td class="late">{answered}</td>'
    yield from (f"<td>{text}</td>" for text in plain)
    yield f'<td class="bad">{failures}</td>' if run.failures else f"<td>{failures}</td>"
    yield f"<td>{'<br>'.join(f'{escape(status)}: {count:,}' for status, count in run.outcomes.items())}</td>"


def _by_percentile(runs: Sequence[Summary]) -> str:
    lines = [Line(f"{_rate(run.rate)}/s", list(run.latency.items())) for run in runs]
    values = [value for run in runs for value in run.latency.values()]
    across = nines("share of requests that were as fast", (50, 90, 99, 99.9, 99.99, 100))
    return plot(lines, across, logarithmic("latency, ms", values))


def _by_rate(runs: Sequence[Summary]) -> str:
    ordered = sorted(runs, key=lambda run: run.rate)
    wanted = (50.0, 90.0, 99.0, 99.9)
    lines = [Line(f"p{p:g}", [(run.rate, run.latency[p]) for run in ordered]) for p in wanted]
    values = [run.latency[p] for run in ordered for p in wanted]
    return plot(
        lines, linear("requests asked for, per second", [run.rate for run in runs]), logarithmic("latency, ms", values)
    )


def _course(runs: Sequence[Summary]) -> str:
    lines = [Line(f"{_rate(run.rate)}/s", [(m.second, m.p99) for m in run.course]) for run in runs]
    values = [moment.p99 for run in runs for moment in run.course]
    seconds = [float(moment.second) for run in runs for moment in run.course]
    return plot(
        lines, linear("seconds since the start", seconds, whole=True), logarithmic("p99 of each second, ms", values)
    )
