"""mlspec's server beside its peers and its limits: the same model, machine and client, in one go.

python benchmarks/serving/compare.py [trees|net|batch ...] [--only NAME ...] [--rounds 2] [--seconds 4] [--json FILE]"""

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clients import CLIENT, Asked, throughput
from models import Model, model
from peers import NotInstalled, scripts
from raw import RawCalls
from requests_of import headers, payloads
from running import DidNotStart, running
from servers import (
    BENTO,
    BENTO_BATCHED,
    BINARY,
    BOTH_WAYS,
    COLUMNS,
    COMPILED,
    FASTAPI,
    GRANIAN,
    LITSERVE,
    LITSERVE_BATCHED,
    MLSERVER,
    MLSPEC,
    RAW,
    RAW_JOINED,
    TENSOR,
    Server,
)  # fmt: skip

from mlspec.targets.load.processes import measure
from mlspec.targets.load.run import Order

CONNECTIONS = 64
FORMS = (MLSPEC, COLUMNS, TENSOR, BINARY, BOTH_WAYS)  # one server, asked in its different ways


@dataclass(frozen=True)
class Setup:
    """One table: which model, how many rows in a request, and who answers."""

    title: str
    model: str
    batch: int
    servers: tuple[Server, ...]


SETUPS = {
    "trees": Setup(
        "boosted trees of 30 features, batch 1", "trees", 1,
        (MLSPEC, COMPILED, RAW, RAW_JOINED, GRANIAN, FASTAPI, LITSERVE, MLSERVER, BENTO),
    ),
    "net": Setup(
        "a net of two layers of 1,024, batch 1", "net", 1,
        (MLSPEC, RAW, RAW_JOINED, GRANIAN, FASTAPI, LITSERVE, LITSERVE_BATCHED, BENTO, BENTO_BATCHED),
    ),
    "batch": Setup(
        "boosted trees of 30 features, batch 64", "trees", 64,
        (MLSPEC, COLUMNS, TENSOR, BINARY, BOTH_WAYS, COMPILED, RAW, GRANIAN, FASTAPI, LITSERVE, BENTO),
    ),
    "net-batch": Setup(
        "a net of two layers of 1,024, batch 64", "net", 64,
        (MLSPEC, COLUMNS, TENSOR, BINARY, BOTH_WAYS, RAW, GRANIAN, FASTAPI),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One server in one round: requests/s, ms at half of that, CPU us of a request, seconds to the first reply, MiB.

    `share` is its rows/s over those of ONNX Runtime's call alone, before and after it, with the model as it is
    converted; `share_of_released` with the one that mlspec serves. Both are 0 at one row a request."""

    rate: float
    failures: int
    p50: float
    p99: float
    cpu: float
    first: float
    rss: float
    pss: float
    processes: int
    share: float
    share_of_released: float


def measure_server(server: Server, setup: Setup, made: Model, seconds: float, raws: list[RawCalls]) -> Measured:
    """Start it, ask it as fast as it answers, and then at half of that; raises DidNotStart."""
    alone = [[raw.rows_per_second() for raw in raws]]
    bodies, told = payloads(server.form, setup.batch), headers(server.form, setup.batch)
    with running(server, made, bodies[0].body, told) as it:
        asked = Asked(it.url, told, bodies)
        throughput(asked, connections=CONNECTIONS, seconds=1)
        before = it.seconds()
        most = throughput(asked, connections=CONNECTIONS, seconds=seconds)
        cpu = (it.seconds() - before) / max(1.0, most.rate * max(1, round(seconds)))
        alone.append([raw.rows_per_second() for raw in raws])
        rss, pss = it.memory()
        with it.apart():
            half = measure(Order(asked.place, bodies, max(1.0, most.rate / 2), seconds, connections=CONNECTIONS))
        shares = [most.rate * setup.batch / statistics.mean(rates) for rates in zip(*alone, strict=True)] or [0.0, 0.0]
        return Measured(
            most.rate, most.failures + half.failures, half.latency[50.0], half.p99, cpu * 1e6, it.first, rss, pss,
            len(it.processes()), *shares,
        )  # fmt: skip


def rounds_of(setup: Setup, servers: list[Server], rounds: int, seconds: float) -> dict[str, list[Measured]]:
    """Every server in turn, as often as asked; who cannot be installed or started is told and left out."""
    made = model(setup.model)
    raws = [RawCalls(onnx, setup.batch) for onnx in (made.converted, made.onnx)] if setup.batch > 1 else []
    found: dict[str, list[Measured]] = {}
    left_out: set[str] = set()
    for _ in range(rounds):
        for server in servers:
            if server.name in left_out:
                continue
            try:
                if server.peer:
                    scripts(server.peer)
                found.setdefault(server.name, []).append(measure_server(server, setup, made, seconds, raws))
            except (NotInstalled, DidNotStart) as error:
                left_out.add(server.name)
                print(f"  {server.name} is left out: {error}", flush=True)
    return {name: values for name, values in found.items() if values}


def middle(values: list[Measured]) -> Measured:
    """Each figure's median over the rounds; failures are added up."""
    fields = asdict(values[0])
    told: dict[str, Any] = {name: statistics.median(getattr(value, name) for value in values) for name in fields}
    return Measured(**{**told, "failures": sum(value.failures for value in values)})


def show(setup: Setup, figures: dict[str, Measured]) -> None:
    """A line for each server, the quickest first."""
    print(f"\n{setup.title}: {CONNECTIONS} connections, one server process, client {CLIENT}; medians")
    heads = (
        "requests/s",
        "mlspec is",
        "by CPU",
        "p50 ms",
        "p99 ms",
        "CPU us",
        "first s",
        "RSS MiB",
        "PSS MiB",
        "failures",
    )
    widths = (11, 11, 9, 9, 9, 9, 9, 9, 9, 9)
    head = "".join(f"{text:>{width}}" for text, width in zip(heads, widths, strict=True))
    print(f"  {'':25}{head}   (p50, p99 at half of the rate, the client on a core of its own)")
    ours = figures.get(MLSPEC.name)
    for name, found in sorted(figures.items(), key=lambda pair: -pair[1].rate):
        times = f"{ours.rate / found.rate:.2f}x" if ours else ""
        by_cpu = f"{found.cpu / ours.cpu:.2f}x" if ours and ours.cpu else ""
        print(
            f"  {name:25}{found.rate:11,.0f}{times:>11}{by_cpu:>9}{found.p50:9.2f}{found.p99:9.2f}{found.cpu:9.1f}"
            f"{found.first:9.2f}{found.rss:9.0f}{found.pss:9.0f}{found.failures:9}"
        )


@dataclass(frozen=True)
class Goal:
    """What is to be reached: `value` at least, or at most, `limit`."""

    text: str
    value: float
    limit: float
    most: bool = False

    def __str__(self) -> str:
        reached = self.value <= self.limit if self.most else self.value >= self.limit
        bound = "at most" if self.most else "at least"
        return f"  {self.value:10.2f}  {self.text} (to reach: {bound} {self.limit:g}) {'ok' if reached else 'MISSED'}"


def goals(setup: Setup, figures: dict[str, Measured]) -> Iterator[Goal]:
    """The goals whose figures are there."""
    rate = {name: found.rate for name, found in figures.items()}
    ours = figures.get(MLSPEC.name)
    if ours is None:
        return
    if setup.batch == 1 and setup.model == "trees":
        wanted = ((BENTO, 50), (LITSERVE, 25), (FASTAPI, 6), (GRANIAN, 0.9))
        for server, times in ((MLSPEC, 1.0), (COMPILED, 1.5)):
            for peer, limit in wanted:
                if server.name in rate and peer.name in rate:
                    yield Goal(f"{server.name} / {peer.name}", rate[server.name] / rate[peer.name], times * limit)
        yield Goal("ms p99 at half of capacity", ours.p99, 5, most=True)
        yield Goal("s from start to the first reply", ours.first, 0.4, most=True)
        if BENTO.name in figures:
            yield Goal("memory (PSS) / BentoML's", ours.pss / figures[BENTO.name].pss, 0.5, most=True)
    if setup.batch == 1 and setup.model == "net":
        best = max((rate[s.name] for s in (LITSERVE, LITSERVE_BATCHED) if s.name in rate), default=None)
        if best:
            yield Goal("mlspec / LitServe at its best", ours.rate / best, 15)
    if setup.batch > 1:
        for server in FORMS:
            if server.name in figures:
                found = figures[server.name]
                text = (
                    f"{server.name}: rows/s / those of ONNX Runtime's call alone, in turn; "
                    f"{found.share_of_released:.2f} of those with the model that mlspec serves"
                )
                yield Goal(text, found.share, 0.8)
        if RAW.name in rate:
            best = max(rate[server.name] for server in FORMS if server.name in rate)
            yield Goal("mlspec at its best / the raw loop over HTTP", best / rate[RAW.name], 0.8)


def main() -> None:
    """Measure, print tables and what is to be reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("setups", nargs="*", metavar="|".join(SETUPS))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    everything: dict[str, Any] = {}
    for name in told.setups or SETUPS:
        setup = SETUPS[name]
        chosen = [s for s in setup.servers if not told.only or any(word in s.name for word in told.only)]
        figures = {n: middle(v) for n, v in rounds_of(setup, chosen, told.rounds, told.seconds).items()}
        show(setup, figures)
        for goal in goals(setup, figures):
            print(goal, flush=True)
        everything[name] = {server: asdict(found) for server, found in figures.items()}
    if told.json:
        told.json.write_text(json.dumps(everything, indent=2) + "\n")


if __name__ == "__main__":
    main()
