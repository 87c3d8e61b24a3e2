"""A long run at 70% of capacity, 1% of it malformed, the model swapped in the middle: nothing may fail or grow.

python benchmarks/serving/soak.py [--seconds 600] [--rate R] [--json FILE]; exit code 1 where anything did."""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from models import Model, model
from running import Running, running
from servers import MLSPEC, Server

from mlspec.targets.load.payloads import Mix, Payload, payloads
from mlspec.targets.load.places import place_of
from mlspec.targets.load.processes import measure
from mlspec.targets.load.run import Order
from mlspec.targets.load.samples import Summary

SHARE = 0.7  # of capacity
MIX = Mix(malformed=0.01)
GROWTH = 1.02
SECOND = "20260102000000-second"
_WARM, _BEFORE, _AFTER = 0.2, 0.45, 0.75  # of the run: memory is looked at from one to the other, and to the end
_SHORTEST = 60.0  # seconds: a shorter run is all warm-up, and its memory says nothing


@dataclass(frozen=True)
class Soak:
    """What a run found: PSS in MiB before the swap and at the end, which releases answered, and what failed."""

    seconds: float
    rate: float
    before: float
    after: float
    releases: tuple[str, ...]
    load: Summary

    def complaints(self) -> Iterator[str]:
        """What must not be."""
        if self.load.failures:
            yield f"{self.load.failures} requests were not answered as they should be: {self.load.outcomes}"
        if self.releases[-1] != SECOND or self.releases[0] == SECOND:
            yield f"the model was not swapped: {self.releases}"
        if self.seconds >= _SHORTEST and self.after > GROWTH * self.before:
            yield f"memory grew from {self.before:.1f} to {self.after:.1f} MiB"


def second_release(made: Model, folder: Path) -> Path:
    """The same model under another release's name."""
    shutil.copytree(made.releases["onnx"], folder)
    described = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps({**described, "release": SECOND}))
    return folder


def on_a_link(link: Path) -> Server:
    """mlspec's server, its release behind a link that a swap turns around at once."""
    return replace(
        MLSPEC,
        prepare=lambda folder, port, made: {**MLSPEC.prepare(folder, port, made), "MLSPEC_MODEL_DIR": str(link)},
    )


def swap(link: Path, release: Path, server: Running) -> None:
    """Turn the link around, and tell the server."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(release)
    os.replace(fresh, link)
    os.kill(server.pid, signal.SIGHUP)


def answering_release(server: Running, body: bytes) -> str:
    """The release that a request gets."""
    request = urllib.request.Request(server.url, data=body, headers={"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return str(json.loads(opener.open(request, timeout=60).read())["release"])


def watch(load: "Future[Summary]", server: Running, seconds: float, link: Path, release: Path) -> tuple[float, float]:
    """Memory once a second while the load runs, and the swap in the middle; its medians before and after."""
    started, swapped = time.monotonic(), False
    seen: list[tuple[float, float]] = []
    while not load.done():
        passed = (time.monotonic() - started) / seconds
        seen.append((passed, server.memory()[1]))
        if passed >= 0.5 and not swapped:
            swap(link, release, server)
            swapped = True
        time.sleep(min(1.0, seconds / 40))
    before = [pss for at, pss in seen if _WARM <= at <= _BEFORE]
    after = [pss for at, pss in seen if _AFTER <= at <= 1]
    return statistics.median(before or [0.0]), statistics.median(after or [0.0])


def soak(seconds: float, rate: float | None) -> Soak:
    """One run."""
    made = model("trees")
    sent = payloads(made.checked.spec.features, MIX)
    good = next(payload.body for payload in sent if not payload.malformed)
    with tempfile.TemporaryDirectory() as name, pool_of_one() as pool:
        link = Path(name) / "model"
        link.symlink_to(made.releases["onnx"])
        with running(on_a_link(link), made, good) as server:
            first = answering_release(server, good)
            chosen = rate or SHARE * capacity(server, sent)
            print(f"  {chosen:,.0f} requests/s for {seconds:g} s, {MIX.malformed:.0%} malformed", flush=True)
            load = pool.submit(measure, Order(place_of(server.url), sent, chosen, seconds, patience=30))
            release = second_release(made, Path(name) / "second")
            before, after = watch(load, server, seconds, link, release)
            return Soak(seconds, chosen, before, after, (first, answering_release(server, good)), load.result())


def pool_of_one() -> ProcessPoolExecutor:
    """The load has a process of its own: looking at memory must not delay it."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def capacity(server: Running, sent: list[Payload]) -> float:
    """What the server answers as fast as replies come, by the same client."""
    return measure(Order(place_of(server.url), sent, 0, 5.0)).throughput


def main() -> int:
    """Run, tell, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    found = soak(told.seconds, told.rate)
    load = found.load
    statuses = ", ".join(f"{status}: {count:,}" for status, count in load.outcomes.items())
    print(f"  {load.requests:,} requests; {statuses}")
    print(f"  p50 {load.latency[50.0]:.2f} ms, p99 {load.p99:.2f} ms, longest {load.latency[100.0]:.2f} ms")
    print(f"  memory (PSS) {found.before:.1f} MiB before the swap, {found.after:.1f} at the end")
    complaints = list(found.complaints())
    for complaint in complaints:
        print(f"  FAILED: {complaint}")
    if told.json:
        told.json.write_text(json.dumps({**asdict(found), "complaints": complaints}, default=str) + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
