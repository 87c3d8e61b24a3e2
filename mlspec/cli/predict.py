"""`mlspec predict`: records in, the deployed model's answer out."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from mlspec.cli.deployed import deployment_of
from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.project import Project, project_of
from mlspec.cli.terminal import next_command, say, show_json, table


@click.command("predict")
@spec_options
@click.option("--record", "records", multiple=True, help="One record as JSON; may be repeated.")
@click.option(
    "--file", "file", type=click.File("rb"), help="A JSON list of records, or JSON lines; - for standard input."
)
@json_option
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    records: tuple[str, ...],
    file: Any,
    as_json: bool,
) -> int:
    """Send records to the deployed model of SPEC.

    \b
    Example:
      mlspec predict flight-delay.yaml --record '{"carrier": "AA", "hour": 17, ...}'
      mlspec predict flight-delay.yaml --file flights.jsonl --json
    """
    project = project_of(spec, environment, overrides)
    rows = [_parse(text) for text in records] + (_read(file.read()) if file else [])
    if not rows:
        raise click.UsageError("nothing to predict: give --record or --file\n" + _example(project))
    status, answer = deployment_of(project).predict(json.dumps({"records": rows}).encode())
    if as_json:
        show_json({"status": status, **answer})
    else:
        _show(status, answer)
        next_command(f"mlspec status {spec}")
    return int(Exit.DONE if status == 200 else Exit.ERROR)


def _show(status: int, answer: dict[str, Any]) -> None:
    if status != 200:
        say(f"{status} {answer.get('error', '')}", "bad")
        for problem in answer.get("problems", []):
            say(f"  row {problem['row']}, {problem['column']}: {problem['reason']}")
        return
    say(f"release {answer['release']}, version {answer['version']}")
    predictions = answer["predictions"]
    headings = list(predictions[0])
    table(["row", *headings], [[i, *(p[h] for h in headings)] for i, p in enumerate(predictions)])


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"not JSON: {text!r} ({error})") from error


def _read(content: bytes) -> list[Any]:
    text = content.decode(errors="replace").strip()
    if text.startswith("["):
        rows = _parse(text)
        return rows if isinstance(rows, list) else [rows]
    return [_parse(line) for line in text.splitlines() if line.strip()]


def _example(project: Project) -> str:
    columns = project.spec["data"]["columns"]
    samples = {"float": 1.5, "int": 1, "bool": True, "string": "text", "datetime": "2013-05-16T10:00:00Z"}
    record = {
        name: column["values"][0] if column.get("values") else samples[column["type"]]
        for name, column in columns.items()
        if column.get("role", "feature") == "feature"
    }
    return f"a record looks like: {json.dumps(record)}" if sys.stderr else ""
