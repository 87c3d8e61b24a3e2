"""`mlspec bench`: load from a spec's contract on whatever serves it, told as latencies, rates and errors."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlspec.cli.bench_report import heading, line, setting_of, tell
from mlspec.cli.bench_target import LocalServer, served
from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.outputs import OutFile
from mlspec.cli.project import Project, project_of
from mlspec.cli.quantities import QuantityOption, RateOption
from mlspec.cli.terminal import say
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.units import Duration, Percent

if TYPE_CHECKING:
    from mlspec.targets.load.places import Place
    from mlspec.targets.load.report import Report
    from mlspec.targets.load.run import Order
    from mlspec.targets.load.samples import Summary
    from mlspec.targets.load.search import Bound
    from mlspec.targets.load.signing import Scope

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_PATH = click.Path(exists=True, path_type=Path)
_RATE = RateOption(min=0, min_open=True, max=10_000_000)


@click.command("bench")
@spec_options
@click.option("--url", default="", help="Where a server of SPEC runs.")
@click.option(
    "--target",
    type=click.Choice(["local-container", "lambda"]),
    default="local-container",
    show_default=True,
    help="Without --url: the container's server, started here, or the function on the mocked cloud.",
)
@click.option("--rate", "rates", multiple=True, type=_RATE, help="Requests per second; repeat.")
@click.option("--duration", type=QuantityOption(Duration), default="10s", show_default=True, help="Of each rate.")
@click.option("--within", type=QuantityOption(Duration), help="Look for the highest rate whose p99 is within this.")
@click.option("--connections", type=click.IntRange(1, 10_000), help="[64; 4 for lambda]")
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True, help="Rows in a request.")
@click.option(
    "--malformed", type=QuantityOption(Percent), default="0%", show_default=True, help="Share of broken requests."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the rows that are sent.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="That send.")
@click.option("--page", type=OutFile(), help="Write an HTML page with plots here.")
@click.option("--model", type=_FOLDER, help="For local-container: a release's folder; else as mlspec serve has it.")
@click.option("--data", type=_PATH, help="For local-container: rows to train on, instead of the spec's.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Of local-container.")
@click.option("--remote", is_flag=True, help="Allow a URL of another machine.")
@click.option(
    "--aws-sigv4",
    "signed",
    default="",
    metavar="aws:amz:REGION:SERVICE",
    help="Sign requests with AWS credentials, as curl does; off: never. Without it, where the URL is one of AWS.",
)
@json_option
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    url: str,
    target: str,
    rates: tuple[float, ...],
    duration: Duration,
    within: Duration | None,
    connections: int | None,
    batch: int,
    malformed: Percent,
    seed: int,
    processes: int,
    page: Path | None,
    model: Path | None,
    data: Path | None,
    workers: int,
    remote: bool,
    signed: str,
    as_json: bool,
) -> int:
    """Send requests made from SPEC's contract at fixed rates, and tell latencies, throughput and errors.

    Rows are made from a seed and keep the contract. A request is due at its time whether or not earlier ones were
    answered, and its latency counts from then. Without --rate, the server's capacity is measured first, and then shares
    of it. Exit code 1 when a request was not answered as it should be.

    \b
    Example:
      mlspec bench flight-delay.yaml
      mlspec bench flight-delay.yaml --url http://127.0.0.1:8080 --rate 1000 --rate 5000 --page bench.html
      mlspec bench flight-delay.yaml --within 5ms --batch 64 --json
    """
    from mlspec.targets.load.payloads import Mix, payloads
    from mlspec.targets.load.places import place_of
    from mlspec.targets.load.run import Order

    project = project_of(spec, environment, overrides)
    if batch > project.checked.spec.serving.max_rows:
        raise click.UsageError(
            f"serving.max_rows is {project.checked.spec.serving.max_rows}: --batch {batch} is refused"
        )
    mix = Mix(rows=batch, malformed=float(malformed.fraction), seed=seed)
    wanted = connections or (4 if target == "lambda" and not url else 64)
    made = payloads(project.checked.spec.features, mix)
    with served(project, url, target, LocalServer(model, data, workers)) as where:
        place = place_of(where, remote=remote)
        seconds = duration.milliseconds / 1000
        scope = _scope(place, signed)
        order = Order(place, made, 0, seconds, min(1.0, seconds / 2), wanted, scope=scope)
        setting = setting_of(order, where, mix, processes)
        bench = _Bench(order, processes, quiet=as_json)
        report = bench.report(project, setting, rates, within)
    again = f"mlspec bench {spec}" + (f" --url {url}" if url else f" --target {target}")
    tell(report, page, again=again, signed=scope is not None, as_json=as_json)
    if bench.ended:
        raise bench.ended
    return int(Exit.ERROR if report.failures else Exit.DONE)


def _scope(place: "Place", signed: str) -> "Scope | None":
    """What requests are signed for; that there are credentials is seen before anything is sent."""
    from mlspec.targets.load.signing import scope_of

    try:
        scope = scope_of(place, signed)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--aws-sigv4") from error
    if scope:
        scope.signer()
    return scope


class _Bench:
    """Orders carried out one after the other, each told when it is done."""

    def __init__(self, order: "Order", processes: int, *, quiet: bool) -> None:
        self._order = order
        self._processes = processes
        self.ended: SpecError | None = None  # why rates were left out, where others had been measured
        self._say: Callable[[str], None] = (lambda _: None) if quiet else say

    def report(
        self, project: Project, setting: dict[str, str], rates: tuple[float, ...], within: Duration | None
    ) -> "Report":
        """Capacity where it is needed, the fixed rates, and the search."""
        from mlspec.targets.load.report import Report
        from mlspec.targets.load.search import Bound, rates_of

        for name, text in setting.items():
            self._say(f"  {name:12} {text}")
        capacity = None if rates and not within else self._capacity()
        fixed = rates or (rates_of(capacity.throughput) if capacity and not within else ())
        runs = self._fixed(fixed) if fixed else []
        bound = Bound(float(within.milliseconds)) if within else None
        best, tried = self._search(bound, capacity) if bound and capacity else (None, [])
        return Report(f"mlspec bench: {project.stack}", setting, (*runs, *tried), capacity, bound, best)

    def _capacity(self) -> "Summary":
        run = self._measure(0.0)
        self._say(f"  {'capacity':12} {run.throughput:,.0f} requests/s, p99 {run.p99:.2f} ms, {run.failures} failures")
        return run

    def _fixed(self, rates: tuple[float, ...] | list[float]) -> "list[Summary]":
        self._say(f"\n  {heading()}")
        runs: list[Summary] = []
        for rate in rates:
            try:
                runs.append(self._told(rate))
            except SpecError as error:
                if not runs:
                    raise
                self.ended = error  # what was measured is told first
                break
        return runs

    def _search(self, bound: "Bound", capacity: "Summary") -> "tuple[Summary | None, list[Summary]]":
        from mlspec.targets.load.search import highest_rate

        self._say(f"\n  {heading()}")
        best, runs = highest_rate(self._told, bound, capacity=capacity.throughput)
        found = f"{best.rate:,.0f} requests/s" if best else "no rate that was tried"
        self._say(f"\n  {bound}: {found}")
        return best, runs

    def _told(self, rate: float) -> "Summary":
        run = self._measure(rate)
        self._say(f"  {line(run)}")
        return run

    def _measure(self, rate: float) -> "Summary":
        from dataclasses import replace

        from mlspec.targets.load.processes import measure

        return measure(replace(self._order, rate=rate), processes=self._processes)
