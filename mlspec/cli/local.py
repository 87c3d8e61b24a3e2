"""`mlspec local`: the mocked cloud beside a spec: start, stop, feed it data, read and move its clock."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlparse

import click

from mlspec.cli.exits import Exit
from mlspec.cli.moments import moment_of
from mlspec.cli.options import json_option
from mlspec.cli.project import Project
from mlspec.cli.terminal import next_command, say, show_json, table, working

_SPEC = click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))


@click.group("local")
def command() -> None:
    """Start, stop and feed the mocked cloud: moto, with Lambda, SageMaker jobs, alarms and events that behave.

    \b
    Example:
      mlspec local start flight-delay.yaml
      mlspec local put flights/ s3://lake/flights/ flight-delay.yaml
    """


@command.command("start")
@_SPEC
@click.option("--at", help="The time its clock shows at first, such as 2013-05-16; nothing is due before it.")
@json_option
def start(spec: Path, *, at: str | None, as_json: bool) -> int:
    """Start the mocked cloud beside SPEC, or say where it already runs."""
    moment = moment_of(at) if at else None
    cloud = Project(spec).cloud(start=True)
    if moment:
        cloud.set_clock(moment)
    if as_json:
        show_json({"id": cloud.id, "endpoint": cloud.endpoint, "account": cloud.account, "region": cloud.region})
        return int(Exit.DONE)
    say(f"mocked cloud at {cloud.endpoint}, account {cloud.account}, region {cloud.region}, clock {_iso(cloud.now())}")
    next_command(f"mlspec apply {spec} --target local", f"mlspec local shims {spec}")
    return int(Exit.DONE)


@command.command("stop")
@_SPEC
def stop(spec: Path) -> int:
    """Stop the mocked cloud beside SPEC; everything in it is gone."""
    from mlspec.targets.local import client

    stopped = client.stop(Project(spec).home / "local")
    say("stopped the mocked cloud" if stopped else "no mocked cloud was running")
    return int(Exit.DONE)


@command.command("put")
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("uri")
@_SPEC
def put(folder: Path, uri: str, spec: Path) -> int:
    """Copy FOLDER (or one file) to URI in the mocked cloud beside SPEC, making the bucket if needed."""
    cloud = Project(spec).cloud(start=True)
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else [folder]
    base = folder if folder.is_dir() else folder.parent
    with working(f"copy {len(files)} files to {uri}"):
        put_files(cloud.client("s3"), {path.relative_to(base).as_posix(): path for path in files}, uri=uri)
    next_command(f"mlspec run {spec}", f"mlspec apply {spec}")
    return int(Exit.DONE)


def put_files(s3: object, files: dict[str, Path], *, uri: str) -> None:
    """Upload `files` (by key below `uri`) through an S3 client, making the bucket when it is not there."""
    place = urlparse(uri)
    prefix = place.path.strip("/")
    if place.netloc not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:  # type: ignore[attr-defined]
        s3.create_bucket(Bucket=place.netloc)  # type: ignore[attr-defined]
    for name, path in files.items():
        key = f"{prefix}/{name}" if prefix else name
        s3.put_object(Bucket=place.netloc, Key=key, Body=path.read_bytes())  # type: ignore[attr-defined]


@command.command("clock")
@_SPEC
@click.argument("to", required=False)
def clock(spec: Path, to: str | None) -> int:
    """Say the mocked cloud's time, or move it forward TO an ISO 8601 time; everything due on the way happens."""
    cloud = Project(spec).cloud()
    if to:
        cloud.advance(to=moment_of(to))
    say(_iso(cloud.now()))
    return int(Exit.DONE)


@command.command("shims")
@_SPEC
@json_option
def shims(spec: Path, *, as_json: bool) -> int:
    """Say what the mocked cloud does itself, where AWS would."""
    found = Project(spec).cloud().shims()
    if as_json:
        show_json(found)
    else:
        for line in found:
            say(f"- {line}")
    return int(Exit.DONE)


@command.command("inventory")
@_SPEC
@json_option
def inventory(spec: Path, *, as_json: bool) -> int:
    """Count what exists in the mocked cloud, by type."""
    counts = Project(spec).cloud().inventory()
    if as_json:
        show_json(counts)
    else:
        table(("type", "count"), [(name, count) for name, count in sorted(counts.items()) if count])
    return int(Exit.DONE)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
