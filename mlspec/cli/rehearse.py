"""`mlspec rehearse`: days of real rows replayed on the mocked cloud, and what the deployed stack does about them."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlspec.cli.deployed import deployment_of
from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say, show_json, table

if TYPE_CHECKING:
    from mlspec.cli.follow import Follower
    from mlspec.targets.local.replay import Replay, Traffic


@click.command("rehearse")
@click.option(
    "--replay",
    "folder",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder of Parquet files, one a day, the day in the name.",
)
@click.option("--from", "start", help="First day, such as 2013-05-16 [the mocked cloud's today].")
@click.option("--to", "end", required=True, help="The day to stop before.")
@click.option("--omit", multiple=True, help="A column that callers do not send; may be repeated.")
@click.option("--run", "run_first", is_flag=True, help="Start the workflow on the first day.")
@click.option("--until-release", is_flag=True, help="Stop at the end of the day on which a workflow has ended.")
@spec_options
@json_option
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    folder: Path,
    start: str | None,
    end: str,
    omit: tuple[str, ...],
    run_first: bool,
    until_release: bool,
    as_json: bool,
) -> int:
    """Replay days of rows against SPEC's deployed stack: drift, alarm, retrain, gate, canary, promote or roll back.

    Each day's rows are sent as requests; at night, with their labels, they reach the data source, and time passes.

    \b
    Example:
      mlspec rehearse flight-delay.yaml --replay flights/ --from 2013-05-16 --to 2013-06-01
    """
    from mlspec.targets.local.replay import Replay

    project = project_of(spec, environment, overrides)
    cloud = project.cloud()
    replay = Replay(cloud, deployment_of(project), project.spec, folder=folder, omit=omit)
    first = _day(start) if start else cloud.now().date()
    rehearsal = Rehearsal(replay, quiet=as_json)
    rehearsal.play(first, _day(end), run_first=run_first, until_release=until_release)
    if as_json:
        show_json(rehearsal.facts())
    else:
        rehearsal.summary()
        next_command(f"mlspec status {spec}")
    return int(Exit.DONE)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"'{text}' is not a day such as 2013-05-16") from error


# How often in a day requests come in: what is sent at once carries one time.
_PARTS = 3


class Rehearsal:
    """Plays days and tells what happened: alarms, workflows, releases, and how well what served did."""

    def __init__(self, replay: "Replay", *, quiet: bool = False) -> None:
        self.replay = replay
        self.quiet = quiet
        self.days: list[dict[str, Any]] = []
        self.ended: list[dict[str, Any]] = []
        self._seen = set(replay.deployment.execution_arns())
        self._alarms = {str(a["AlarmName"]): str(a["StateValue"]) for a in replay.deployment.alarms()}
        self._answers: dict[str, list[tuple[Any, float]]] = {}

    def play(self, first: date, last: date, *, run_first: bool = False, until_release: bool = False) -> None:
        """Replay every day from `first` to before `last`."""
        for day, path in self.replay.days(first, last):
            traffic = self.replay.traffic(day, path)
            if run_first and not self.days:
                self.replay.deployment.start_workflow(name=f"manual-{day}")
            self._day(day, traffic)
            self.replay.store(path)
            self._until(_start_of(day + timedelta(days=1)), traffic)
            self._answers.setdefault(f"{day:%Y-%m}", []).extend(traffic.answers)
            facts = {"rows": len(traffic.records), "rejected": traffic.rejected, "failed": traffic.failed}
            self.days.append({"day": str(day), **facts})
            if until_release and self.ended:
                return

    def _day(self, day: date, traffic: "Traffic") -> None:
        """Half of the day's requests in equal parts over the day, the rest as it is asked for: first by what bakes."""
        self._follow(traffic)
        for part in range(_PARTS):
            self.replay.serve(traffic, share=(part + 1) / (2 * _PARTS))
            self._until(_start_of(day) + timedelta(days=(part + 1) / (_PARTS + 1)), traffic)
        self.replay.serve(traffic)

    def _until(self, moment: datetime, traffic: "Traffic") -> None:
        """Let time pass up to `moment`, following every workflow that starts on the way."""
        reached = False
        while not reached:
            now = self.replay.cloud.advance(to=moment, through_waits=False)
            reached = now >= moment
            self._tell_alarms()
            self._follow(traffic)

    def _follow(self, traffic: "Traffic") -> None:
        """Follow every workflow that has started, sending some of the day's requests while it bakes."""
        from mlspec.cli.follow import Follower

        deployment = self.replay.deployment
        new = list(takewhile(lambda arn: arn not in self._seen, deployment.execution_arns()))
        for arn in reversed(new):
            self._seen.add(arn)
            execution = deployment.execution(arn)
            if execution.trigger == "recheck" and execution.state == "Skipped":
                continue
            started = execution.started.strftime("%Y-%m-%d %H:%M")
            self._say(f"{started}  workflow started by {execution.trigger}")
            follower = Follower(deployment, execution.arn)
            self._to_the_end(follower, traffic)

    def _to_the_end(self, follower: "Follower", traffic: "Traffic") -> None:
        cloud = self.replay.cloud
        while True:
            execution = follower.update()
            if execution.status != "RUNNING":
                break
            wake = next_wake(cloud)
            if wake is None:
                time.sleep(0.2)
                continue
            self.replay.look(traffic)
            cloud.advance(to=wake)
        follower.finish(execution)
        self.ended.append({"trigger": execution.trigger, "state": execution.state, "error": execution.error})

    def _tell_alarms(self) -> None:
        """Each alarm that has gone off or come to rest since the last look, and CloudWatch's reason."""
        described = self.replay.deployment.alarms()
        for alarm in described:
            name, state, before = alarm["AlarmName"], alarm["StateValue"], self._alarms.get(alarm["AlarmName"])
            if state != before and "ALARM" in (state, before):
                kind, reason = ("bad" if state == "ALARM" else "good"), alarm["StateReason"]
                self._say(f"{alarm['StateUpdatedTimestamp']:%Y-%m-%d %H:%M}  {name} {state}: {reason}", kind)
        self._alarms = {str(alarm["AlarmName"]): str(alarm["StateValue"]) for alarm in described}

    def _say(self, text: str, kind: str = "") -> None:
        if not self.quiet:
            say(text, kind)

    def months(self) -> dict[str, float | None]:
        """ROC AUC of what was really served, by month, once the labels were known."""
        from mlspec.targets.local.replay import auc

        return {month: auc(answers) for month, answers in self._answers.items()} if self.replay.task == "binary" else {}

    def facts(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {"days": self.days, "workflows": self.ended, "roc_auc": self.months()}

    def summary(self) -> None:
        """Days, rows, and the served model's quality by month."""
        rows = sum(day["rows"] for day in self.days)
        failed = sum(day["failed"] for day in self.days)
        rejected = sum(day["rejected"] for day in self.days)
        say(f"{len(self.days)} days, {rows:,} rows served, {rejected} requests refused, {failed} failed")
        months = self.months()
        if months:
            table(("month", "roc_auc served"), [(m, v if v is not None else "-") for m, v in months.items()])


def next_wake(cloud: Any) -> datetime | None:
    """When the earliest Wait of a workflow ends, when everything else is at rest; None while something runs."""
    waiting = cloud.waiting()
    if waiting["jobs"] or waiting["busy"] or not waiting["waits"]:
        return None
    return min(datetime.fromisoformat(wait["until"]) for wait in waiting["waits"])


def _start_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)
