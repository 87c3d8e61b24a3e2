"""`mlspec predict`: rows in, what the model says of each out."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from mlspec.cli.asked_rows import AskedRows, asked_rows
from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.outputs import OutFile
from mlspec.cli.predicted_rows import PredictedRows
from mlspec.cli.prediction_report import PredictionReport
from mlspec.cli.project import Project, project_of
from mlspec.cli.row_writing import written
from mlspec.cli.scoring import Ask, Outcome, score
from mlspec.cli.terminal import next_command

_NOT_YET = 503  # no release serves


@click.command("predict")
@spec_options
@click.option("--record", "records", multiple=True, help="One record as JSON; may be repeated.")
@click.option(
    "--file", "file", type=click.File("rb"), help="Rows as csv, json, ndjson or parquet; - for JSON on stdin."
)
@click.option("--out", type=OutFile(), help="Write the rows with predictions here.")
@click.option("--url", default="", help="Ask the server there, not the deployed model.")
@click.option("--batch", type=click.IntRange(1), default=1000, show_default=True, help="Rows in a request, at most.")
@json_option
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    records: tuple[str, ...],
    file: Any,
    out: Path | None,
    url: str,
    batch: int,
    as_json: bool,
) -> int:
    """Ask the deployed model of SPEC, or the server at --url, for predictions.

    Of a file, the contract's features are sent, in requests of --batch rows. Rows that break the contract are told with
    their number in the file, 1 being the first, and keep the others from nothing. Exit code 1 when a row was refused.

    A file is read twice, first to see what it holds, and may be larger than memory; a JSON list is read as a whole, and
    --json tells all at the end. --out replaces a file when every row was asked about, not before.

    \b
    Example:
      mlspec predict flight-delay.yaml --record '{"carrier": "AA", "hour": 17, ...}'
      mlspec predict flight-delay.yaml --file flights.parquet --out predicted.csv
      mlspec predict flight-delay.yaml --file flights.csv --url http://127.0.0.1:8080/invocations
    """
    project = project_of(spec, environment, overrides)
    most = min(batch, project.spec["serving"]["max_rows"])
    outcome, report = Outcome(), PredictionReport(everything=as_json)
    with ExitStack() as stack:
        rows = stack.enter_context(asked_rows(project, records, file))
        predicted = stack.enter_context(_predicted(out, rows))
        ask = stack.enter_context(_asking(project, url))
        done = stack.enter_context(_progress(rows.count, most))
        for lot in score(ask, rows.asked(), outcome, most=most, partial=bool(file)):
            report.add(lot)
            if predicted:
                predicted.add(lot)
            done(len(lot.rows))
        if predicted and outcome.status == 200:
            predicted.keep()
    report.tell(outcome, out)
    if not as_json and not url:
        next_command(f"mlspec run {spec}" if outcome.status == _NOT_YET else f"mlspec status {spec}")
    return int(Exit.DONE if outcome.status == 200 and not report.refused else Exit.ERROR)


@contextmanager
def _predicted(out: Path | None, rows: AskedRows) -> Iterator[PredictedRows | None]:
    if out is None:
        yield None
        return
    with written(out) as file:
        yield PredictedRows(file, rows.columns, rows.read)


@contextmanager
def _asking(project: Project, url: str) -> Iterator[Ask]:
    """How the model is asked: over HTTP where there is a URL, else through the deployed function's alias."""
    if not url:
        from mlspec.cli.deployed import deployment_of

        deployment = deployment_of(project)
        yield lambda request: deployment.predict(json.dumps(request, default=str).encode())
        return
    from mlspec.cli.asking import calls_to

    with calls_to(url) as ask:
        yield ask


@contextmanager
def _progress(rows: int, most: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, for a person who waits for more than one answer."""
    if rows <= most or not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=rows, label="rows", file=sys.stderr) as bar:
        yield bar.update
