"""`mlspec status`: what serves, what was released, and what the alarms say."""

import shlex
from itertools import islice
from pathlib import Path
from typing import Any

import click

from mlspec.cli.deployed import deployment_of
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import project_of
from mlspec.cli.samples import sample_record
from mlspec.cli.terminal import next_command, say, show_json, table
from mlspec.targets.aws.deployment import Deployment


@click.command("status")
@spec_options
@json_option
def command(spec: Path, environment: str, overrides: tuple[str, ...], *, as_json: bool) -> int:
    """Show what serves, what was released, and the alarms.

    \b
    Example:
      mlspec status flight-delay.yaml --json
    """
    project = project_of(spec, environment, overrides)
    deployment = deployment_of(project)
    facts = _facts(deployment)
    if as_json:
        show_json({"stack": project.stack, **facts})
        return 0
    say(f"{project.stack}", "heading")
    champion = facts["champion"]
    say(f"champion  {champion['release'] + ', version ' + str(champion['version']) if champion else 'none yet'}")
    say("traffic   " + ", ".join(f"version {v} {share:.0%}" for v, share in facts["traffic"].items()))
    engine = _engine(facts, champion["release"]) if champion else {}
    if engine:
        say(f"engine    {engine['name']}: {engine['why']}")
    if facts["releases"]:
        say()
        table(("release", "version", "status", "engine", "trigger"), [_row(record) for record in facts["releases"]])
    say()
    table(("alarm", "state"), [(a["AlarmName"], a["StateValue"]) for a in facts["alarms"]])
    ask = f"mlspec predict {spec} --record {shlex.quote(sample_record(project))}"
    next_command(ask if champion else f"mlspec run {spec}", f"mlspec logs {spec} --unit inference")
    return 0


def _engine(facts: dict[str, Any], release: str) -> dict[str, str]:
    """What answers for a release, and why; empty where its record is older than engines."""
    engine: dict[str, str] = next((r.get("engine", {}) for r in facts["releases"] if r["release"] == release), {})
    return engine


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    engine = record.get("engine", {}).get("name", "")
    return (record["release"], record.get("version") or "-", record["status"], engine, record.get("trigger", ""))


def _facts(deployment: Deployment) -> dict[str, Any]:
    return {
        "champion": deployment.champion(),
        "traffic": deployment.weights(),
        "releases": deployment.releases(),
        "alarms": deployment.alarms(),
        "executions": [
            {"arn": e.arn, "status": e.status, "trigger": e.trigger, "state": e.state, "started": e.started}
            for e in map(deployment.execution, islice(deployment.execution_arns(), 20))
        ],
    }
