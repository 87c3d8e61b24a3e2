"""Decides whether a training may start now, writes it into the ledger, and names its release, job and inputs."""

import calendar
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from mlspec.runtime import releases
from mlspec.runtime.store import Conflict, Store

LEDGER = "ledger.json"
_MONTH = 30 * 86_400
_ATTEMPTS = 5
_KEPT = 500  # runs in the ledger: years of them


@dataclass(frozen=True, slots=True)
class Limits:
    """What the spec allows; `automatic` says whether anything but a person may start a training."""

    automatic: bool
    cooldown: float
    max_per_month: int
    min_new_rows: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The clients and names that the function works with."""

    store: Store
    workflows: Any
    alarms: Any
    stack: str
    code: str
    data: str
    drift_alarms: tuple[str, ...]


def connect(environment: Mapping[str, str]) -> Surroundings:
    """The surroundings that the function's environment variables name."""
    bucket = environment["MLSPEC_STORE"]
    return Surroundings(
        store=Store(boto3.client("s3"), bucket, environment.get("MLSPEC_KEY", "")),
        workflows=boto3.client("stepfunctions"),
        alarms=boto3.client("cloudwatch"),
        stack=f"{environment['MLSPEC_MODEL']}-{environment['MLSPEC_ENVIRONMENT']}",
        code=f"s3://{bucket}/{environment['MLSPEC_TRAINING_KEY']}",
        data=environment["MLSPEC_DATA"],
        drift_alarms=tuple(filter(None, environment.get("MLSPEC_DRIFT_ALARMS", "").split(","))),
    )


def start(event: Mapping[str, Any], around: Surroundings, limits: Limits) -> dict[str, Any]:
    """`proceed` with all that the job needs, or the reason why not. One execution always gets one answer."""
    for _ in range(_ATTEMPTS):
        ledger = around.store.document(LEDGER)
        runs = list(ledger.content.get("runs", []))
        mine = next((run for run in runs if run["execution"] == event["execution"]), None)
        if mine is not None:
            return _proceed(mine, around, limits)
        reason = _hindrance(event["trigger"], runs, around=around, limits=limits)
        if reason:
            return _skip(reason)
        run = _run(event)
        try:
            around.store.replace(LEDGER, {"runs": [*runs, run][-_KEPT:]}, read=ledger)
        except Conflict:
            continue  # another start was quicker: judge again with its entry
        return _proceed(run, around, limits)
    raise Conflict(f"{LEDGER} changed {_ATTEMPTS} times while it was read")


def refusal(trigger: str, runs: list[dict[str, Any]], limits: Limits, *, now: float) -> str:
    """Why the limits forbid a training by `trigger` at `now`; empty if they do not."""
    if trigger == "manual":
        return ""
    if not limits.automatic:
        return "the spec asks for no retraining"
    since = now - max((_seconds(run["time"]) for run in runs), default=float("-inf"))
    if since < limits.cooldown:
        return f"the last training started {_span(since)} ago; the cooldown is {_span(limits.cooldown)}"
    recent = sum(run["trigger"] != "manual" and now - _seconds(run["time"]) < _MONTH for run in runs)
    if recent >= limits.max_per_month:
        return f"{recent} retrainings started within 30 days; {limits.max_per_month} are allowed"
    return ""


def _hindrance(trigger: str, runs: list[dict[str, Any]], *, around: Surroundings, limits: Limits) -> str:
    """The first reason not to proceed, cheapest first."""
    checks: tuple[Callable[[], str], ...] = (
        lambda: refusal(trigger, runs, limits, now=time.time()),
        lambda: _quiet(around) if trigger == "recheck" else "",
        lambda: _busy(runs, around),
    )
    return next((reason for check in checks if (reason := check())), "")


def _quiet(around: Surroundings) -> str:
    """Why a recheck has nothing to do: an alarm that stays on fires no second event, so its state is read."""
    if around.drift_alarms:
        alarms = around.alarms.describe_alarms(AlarmNames=list(around.drift_alarms))["MetricAlarms"]
        if any(alarm["StateValue"] == "ALARM" for alarm in alarms):
            return ""
    return "no drift alarm is on"


def _busy(runs: list[dict[str, Any]], around: Surroundings) -> str:
    """Why this one must wait: the last training in the ledger still runs."""
    if not runs:
        return ""
    machine, _, _ = runs[-1]["execution"].replace(":execution:", ":stateMachine:").rpartition(":")
    listed = around.workflows.list_executions(stateMachineArn=machine, statusFilter="RUNNING", maxResults=1000)
    running = {execution["executionArn"] for execution in listed["executions"]}
    return f"release {runs[-1]['release']} is still under way" if runs[-1]["execution"] in running else ""


def _run(event: Mapping[str, Any]) -> dict[str, Any]:
    now = time.gmtime(time.time())
    name = re.sub(r"[^a-z0-9]", "", event["execution"].rpartition(":")[2].lower())[:8] or "run"
    return {
        "execution": event["execution"],
        "release": f"{time.strftime('%Y%m%d%H%M%S', now)}-{name}",
        "trigger": event["trigger"],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
    }


def _skip(reason: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"channels": [], "hyperparameters": {}}
    return {"proceed": False, "reason": reason, "release": "", "job": "", "champion": "", **nothing}


def _proceed(run: Mapping[str, Any], around: Surroundings, limits: Limits) -> dict[str, Any]:
    champion = releases.champion(around.store).content.get("release", "")
    channels = {"code": around.code, "data": around.data}
    if champion:
        channels["champion"] = f"s3://{around.store.bucket}/{releases.model_path(champion, '')}"
    fixed = {"release": run["release"], "now": run["time"], "champion": champion}
    newer = {} if run["trigger"] == "manual" else _new_rows(champion, around, limits)
    return {
        "proceed": True,
        "reason": f"started by {run['trigger']}",
        "release": run["release"],
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html: 63 characters
        "job": f"{around.stack[: 62 - len(run['release'])].rstrip('-')}-{run['release']}",
        "champion": champion,
        "channels": [_channel(name, uri) for name, uri in channels.items()],
        "hyperparameters": {**fixed, **newer},
    }


def _new_rows(champion: str, around: Surroundings, limits: Limits) -> dict[str, str]:
    """What lets the job itself refuse: only it can count rows, and it does so before anything is fitted."""
    if not champion or not limits.min_new_rows:
        return {}
    evaluation = around.store.document(releases.model_path(champion, "evaluation.json")).content
    end = (evaluation.get("window") or {}).get("end")  # without a column of role time no row is newer than another
    return {"min_new_rows": str(limits.min_new_rows), "newer_than": str(end)} if end else {}


def _channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}


def _seconds(text: str) -> float:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def _span(seconds: float) -> str:
    """A length of time in the largest unit that says it in a number above one."""
    units = ((86400, "d"), (3600, "h"), (60, "m"))
    return next((f"{seconds / size:.3g} {unit}" for size, unit in units if seconds >= size), f"{seconds:.0f} s")
