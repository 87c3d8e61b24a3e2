"""`mlspec predict`: rows in, what the model says of each out."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from mlspec.cli.exits import Exit
from mlspec.cli.options import json_option, spec_options
from mlspec.cli.outputs import OutFile, writing
from mlspec.cli.project import Project, project_of
from mlspec.cli.row_files import Rows, form_of, no_columns, read_rows, write_rows
from mlspec.cli.samples import sample_record
from mlspec.cli.scoring import Ask, Scored, flat, score, with_predictions
from mlspec.cli.terminal import next_command, say, show_json, table

_SHOWN = 100  # rows, and problems
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

    \b
    Example:
      mlspec predict flight-delay.yaml --record '{"carrier": "AA", "hour": 17, ...}'
      mlspec predict flight-delay.yaml --file flights.parquet --out predicted.csv
      mlspec predict flight-delay.yaml --file flights.csv --url http://127.0.0.1:8080/invocations
    """
    project = project_of(spec, environment, overrides)
    kept = _from_file(project, file) if file else []
    rows = [_record(project, text) for text in records] + kept
    if not rows:
        told = f"there are no rows in {file.name}" if file else "give --record or --file"
        raise click.UsageError(f"nothing to predict: {told}\n{_example(project)}")
    if out is not None:
        form_of(out.name)  # before anything is asked
    sent = rows[: len(records)] + _features(project, kept)
    most = min(batch, project.spec["serving"]["max_rows"])
    with _asking(project, url) as ask, _progress(len(rows), most) as done:
        scored = score(ask, sent, most=most, partial=bool(file), done=done)
    if out is not None and scored.status == 200:
        with writing(out):
            write_rows(out, with_predictions(rows, scored))
    _tell(scored, as_json=as_json, out=out)
    if not as_json and not url:
        next_command(f"mlspec run {spec}" if scored.status == _NOT_YET else f"mlspec status {spec}")
    return int(Exit.DONE if scored.status == 200 and not scored.problems else Exit.ERROR)


def _from_file(project: Project, file: Any) -> Rows:
    content: bytes = file.read()
    if not content.strip():
        return []
    form = form_of(str(file.name), content)
    rows = read_rows(content, form, project.checked.spec.data.columns)
    missing = set(_wanted(project)).difference(*rows)
    if rows and missing:  # each row would be refused for it
        raise no_columns(str(file.name), sorted(missing), list(rows[0]))
    return rows


def _wanted(project: Project) -> list[str]:
    columns = project.spec["data"]["columns"]
    return [name for name, column in columns.items() if column.get("role", "feature") == "feature"]


def _features(project: Project, rows: Rows) -> Rows:
    """What the model takes of each row; other columns of a file are its owner's."""
    wanted = _wanted(project)
    return [{name: row[name] for name in wanted if name in row} for row in rows]


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


def _tell(scored: Scored, *, as_json: bool, out: Path | None) -> None:
    if as_json:
        show_json(_document(scored))
    elif scored.status != 200:
        answer = scored.answer
        say(f"{scored.status} {answer.get('error', '')} {answer.get('reason', '')}".rstrip(), "bad")
        _tell_problems(scored, "")
        if scored.said:
            say(f"  {len(scored.predictions)} rows before that were answered", "dim")
    else:
        _show(scored, out)


def _document(scored: Scored) -> dict[str, Any]:
    problems = [{"row": p.row, "column": p.column, "reason": p.reason} for p in scored.problems]
    if scored.status != 200:
        return {"status": scored.status, **scored.answer, **({"problems": problems} if problems else {})}
    return {"status": 200, **scored.said, "predictions": scored.predictions, "problems": problems}


def _show(scored: Scored, out: Path | None) -> None:
    said = scored.said
    say(f"release {said['release']}, version {said['version']}")
    good = [(number, flat(one)) for number, one in enumerate(scored.predictions, start=1) if one is not None]
    if out is not None:
        say(f"{len(good):,} of {len(scored.predictions):,} rows predicted, written to {out}")
    elif good:
        headings = list(good[0][1])
        table(["row", *headings], [[number, *(_cell(one, h) for h in headings)] for number, one in good[:_SHOWN]])
        _more(len(good), "rows; --out FILE writes all")
    _tell_problems(scored, "bad")


def _tell_problems(scored: Scored, style: str) -> None:
    for problem in scored.problems[:_SHOWN]:
        say(f"  {problem}", style)
    _more(len(scored.problems), "problems; --json tells all")


def _more(count: int, what: str) -> None:
    if count > _SHOWN:
        say(f"  and {count - _SHOWN:,} more {what}", "dim")


def _cell(prediction: Mapping[str, Any], heading: str) -> Any:
    value = prediction.get(heading, "")
    return f"{value[0]:.4g}, ... ({len(value)} numbers)" if isinstance(value, list) else value


def _record(project: Project, text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"not JSON: {text!r} ({error})\n{_example(project)}") from error
    if not isinstance(record, dict):
        raise click.UsageError(f"{text!r} is no record\n{_example(project)}")
    return record


def _example(project: Project) -> str:
    return f"a record looks like: {sample_record(project)}"
