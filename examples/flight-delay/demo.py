"""The whole loop on real flights, on a mocked cloud: every step is a command you could type, every claim is checked.

python examples/flight-delay/demo.py [FOLDER]
"""

import contextlib
import io
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEPLOYED_ON = "2013-05-16"  # trained on January to April, judged on the first half of May
SUMMER_ENDS = "2013-09-16"
YEAR_ENDS = "2013-12-20"


class Demo:
    """Runs commands in one folder, shows each as typed, and counts what was checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spec = folder / "flight-delay.yaml"
        self.checked = 0
        self.seconds: dict[str, float] = {}

    def run(self, *words: str, expect: int = 0) -> None:
        """One command, shown as typed; its exit code must be `expect`."""
        from mlspec.cli.app import invoke

        print(f"\n$ mlspec {shlex.join(words)}", flush=True)
        code = invoke(words)
        self.check(code == expect, f"exit code {code}, as expected", f"exit code {code} where {expect} was due")

    def facts(self, *words: str) -> Any:
        """What a command says in JSON, not shown."""
        from mlspec.cli.app import invoke

        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            invoke((*words, "--json"))
        return json.loads(out.getvalue())

    def check(self, holds: bool, claim: str, otherwise: str = "") -> None:
        """A claim of the story: it holds, or the demo ends here with exit code 1."""
        self.checked += 1
        if not holds:
            print(f"\nFAILED: {otherwise or 'not so: ' + claim}", flush=True)
            raise SystemExit(1)
        if not otherwise:
            print(f"  checked: {claim}", flush=True)

    @contextlib.contextmanager
    def scene(self, title: str) -> Iterator[None]:
        """A headed part of the story, timed."""
        print(f"\n=== {title}", flush=True)
        started = time.perf_counter()
        yield
        self.seconds[title] = time.perf_counter() - started

    def edit(self, old: str, new: str) -> None:
        """One edit of the spec, shown."""
        text = self.spec.read_text()
        self.check(text.count(old) == 1, "", f"the spec should hold this once: {old}")
        self.spec.write_text(text.replace(old, new))
        print(f"\n- {old.strip()}\n+ {new.strip()}")

    def statuses(self) -> dict[str, str]:
        """Status by release."""
        return {r["release"]: r["status"] for r in self.facts("status", str(self.spec))["releases"]}


def main(folder: Path) -> None:
    """Tell the story in `folder`, which is emptied first."""
    demo = _stage(folder)
    spec = str(demo.spec)
    try:
        for scene in (_deploy, _train, _summer, _autumn, _canary, _quiet, _loosen, _destroy):
            scene(demo, spec)
    finally:
        demo.run("local", "stop", spec)
    print(f"\nThe whole loop ran: {demo.checked} checks held, {sum(demo.seconds.values()):.0f} s.")
    for title, seconds in demo.seconds.items():
        print(f"  {seconds:6.1f} s  {title}")


def _stage(folder: Path) -> Demo:
    from mlspec.cli.app import invoke

    if (folder / "flight-delay.yaml").exists():
        with contextlib.redirect_stdout(io.StringIO()):
            invoke(("local", "stop", str(folder / "flight-delay.yaml")))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / "flight-delay.yaml", folder)
    os.chdir(folder)
    demo = Demo(Path("."))
    demo.spec = Path("flight-delay.yaml")
    with demo.scene("Real data: every 2013 departure of New York's airports, with the weather at its origin"):
        sys.path.insert(0, str(HERE))
        import prepare

        flights = prepare.prepare(Path("flights"))
        print(f"{flights:,} flights that arrived, one file a day")
        Path("history").mkdir()
        for path in sorted(Path("flights").iterdir()):
            if path.stem.removeprefix("day=") < DEPLOYED_ON:
                os.link(path, Path("history") / path.name)
    return demo


def _deploy(demo: Demo, spec: str) -> None:
    with demo.scene("Plan and apply"):
        demo.run("plan", spec, "--out", "first.plan", "--detailed-exitcode", expect=2)
        demo.run("local", "start", spec, "--at", DEPLOYED_ON)
        demo.run("apply", "first.plan")
        demo.run("plan", spec, "--expect-no-changes")


def _train(demo: Demo, spec: str) -> None:
    with demo.scene("The first model: data checks, training, gates, registration, promotion"):
        demo.run("local", "put", "history", "s3://lake/flights/", spec)
        demo.run("run", spec)
        demo.check(list(demo.statuses().values()) == ["champion"], "the first release is champion")
        demo.run("predict", spec, "--record", json.dumps(_record()))


def _record() -> dict[str, Any]:
    return {
        "flight_id": "2013-05-16T21-UA1", "time_hour": "2013-05-16T21:00:00Z", "hour": 17, "weekday": 4,
        "carrier": "UA", "origin": "EWR", "distance": 1400.0, "temp": 72.0, "dewp": 55.9, "humid": 56.7,
        "wind_speed": 14.9, "precip": 0.0, "pressure": 1011.2, "visib": 10.0,
    }  # fmt: skip


def _summer(demo: Demo, spec: str) -> None:
    with demo.scene("Summer: days of real flights; drift, alarm, a challenger that is better"):
        before = demo.statuses()
        demo.run("rehearse", spec, "--replay", "flights", "--from", DEPLOYED_ON, "--to", SUMMER_ENDS)
        after = demo.statuses()
        demo.check(any(name not in before and s == "champion" for name, s in after.items()), "a challenger took over")
        demo.run("status", spec)


def _autumn(demo: Demo, spec: str) -> None:
    with demo.scene("Autumn: a challenger that is worse is refused"):
        before = demo.statuses()
        demo.run("rehearse", spec, "--replay", "flights", "--from", SUMMER_ENDS, "--to", YEAR_ENDS)
        refused = [name for name, status in demo.statuses().items() if name not in before and status == "refused"]
        demo.check(bool(refused), f"the gates refused {', '.join(refused)}")
        never = [r for r in demo.facts("status", spec)["releases"] if r["release"] in refused and r.get("version")]
        demo.check(not never, "no refused release ever had a version that could serve")


def _canary(demo: Demo, spec: str) -> None:
    with demo.scene("A challenger that passes every gate, and fails in its canary"):
        print("Somebody makes dep_delay a feature. The lake always has it; hours before departure nobody knows it.")
        champion = demo.facts("status", spec)["champion"]
        demo.edit("dep_delay:  {role: ignore}", "dep_delay:  {type: float, min: -120, max: 2000}")
        demo.run("apply", spec, "--auto-approve")
        words = ("--replay", "flights", "--from", YEAR_ENDS, "--to", "2013-12-22", "--omit", "dep_delay", "--run")
        demo.run("rehearse", spec, *words)
        facts = demo.facts("status", spec)
        demo.check(facts["releases"][-1]["status"] == "rolled_back", "the canary's alarm rolled it back")
        demo.check(facts["champion"] == champion, "the champion is the same as before")
        demo.check(list(facts["traffic"].values()) == [1.0], "and has all the traffic")


def _quiet(demo: Demo, spec: str) -> None:
    with demo.scene("Back to the spec as it was: applied, then nothing to do"):
        demo.edit("dep_delay:  {type: float, min: -120, max: 2000}", "dep_delay:  {role: ignore}")
        demo.run("apply", spec, "--auto-approve")
        demo.run("plan", spec, "--expect-no-changes")


def _loosen(demo: Demo, spec: str) -> None:
    with demo.scene("A gate is loosened: the plan says so in words"):
        demo.edit("{metric: roc_auc, min: 0.60}", "{metric: roc_auc, min: 0.50}")
        demo.run("plan", spec, "--detailed-exitcode", expect=2)
        meanings = json.dumps(demo.facts("plan", spec))
        demo.check("gate" in meanings and "loosened" in meanings, "the plan says that a gate is loosened")


def _destroy(demo: Demo, spec: str) -> None:
    with demo.scene("Destroy: nothing is left behind"):
        demo.run("destroy", spec, "--auto-approve")
        demo.run("local", "inventory", spec)
        counts = demo.facts("local", "inventory", spec)
        left = {kind: n for kind, n in counts.items() if n and not kind.startswith("history")}
        ours = {kind: n for kind, n in left.items() if kind not in ("s3 buckets", "s3 objects", "logs groups")}
        demo.check(not ours, "nothing of the stack is left")
        demo.check(left["s3 buckets"] == 1, "one bucket is left: the lake, which was never the stack's")
        demo.check(left["logs groups"] == 1, "one log group is left: SageMaker's own, which all training jobs share")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / ".mlspec" / "demo")
