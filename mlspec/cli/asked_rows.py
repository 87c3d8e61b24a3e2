"""The rows that a command is given, as records and in a file, and what the model takes of each."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import click

from mlspec.cli.project import Project
from mlspec.cli.row_files import Row, beginning, form_of, no_columns, on_disk
from mlspec.cli.row_reading import Rows, rows_in
from mlspec.cli.samples import sample_record
from mlspec.cli.scoring import Asked

_NONE = Rows(0, (), lambda: iter(()))


@dataclass(frozen=True)
class AskedRows:
    """Records first, then the file's rows. Of a file the features are sent; its other columns are its owner's."""

    records: Sequence[Row]
    file: Rows
    features: Sequence[str]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.records) + self.file.count

    @property
    def columns(self) -> list[str]:
        """Every column of any, in the order in which they come up."""
        return list(dict.fromkeys(chain(*self.records, self.file.columns)))

    def read(self) -> Iterator[Row]:
        """Every row, as it was given."""
        return chain(self.records, self.file.read())

    def asked(self) -> Iterator[Asked]:
        """Every row, and what is sent of it."""
        yield from ((record, record) for record in self.records)
        for row in self.file.read():
            yield row, {name: row[name] for name in self.features if name in row}


@contextmanager
def asked_rows(project: Project, records: Sequence[str], file: BinaryIO | None) -> Iterator[AskedRows]:
    """The rows of a command, at least one; raises SpecError and UsageError for what are none."""
    with _rows_of(project, file) as found:
        rows = AskedRows([_record(project, text) for text in records], found, _features(project))
        if not rows.count:
            told = f"there are no rows in {file.name}" if file else "give --record or --file"
            raise click.UsageError(f"nothing to predict: {told}\n{_example(project)}")
        yield rows


@contextmanager
def _rows_of(project: Project, file: BinaryIO | None) -> Iterator[Rows]:
    if file is None:
        yield _NONE
        return
    with on_disk(file) as path:
        begins = beginning(path)
        form = form_of(file.name, begins) if begins else ""
        rows = rows_in(path, form, project.checked.spec.data.columns) if form else _NONE
        missing = set(_features(project)).difference(rows.columns)
        if rows.count and missing:  # each row would be refused for it
            raise no_columns(str(file.name), sorted(missing), rows.columns)
        yield rows


def _features(project: Project) -> list[str]:
    columns = project.spec["data"]["columns"]
    return [name for name, column in columns.items() if column.get("role", "feature") == "feature"]


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
