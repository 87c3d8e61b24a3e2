"""A spec's columns turned into the Python module that decodes, checks and lays out requests, and does nothing else."""

from collections.abc import Sequence

from mlspec.compiler.units.inference_columns import column_words
from mlspec.compiler.units.inference_fields import (
    Field,
    codes_source,
    comment,
    declaration,
    fields_of,
    of_columns,
    of_record,
    parts_source,
    quoted,
)
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError

_WIDTH = 120

_MODULE = '''"""Requests for {name}, decoded, checked and laid out for its model: the spec's contract, as code."""

{imports}

MODEL = {model}
TASK = {task}
MAX_ROWS = {rows}{rows_origin}
TIMEOUT = {timeout}{timeout_origin}
{codes}
# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {{
{features}
}}

# What an input may hold: from, to, only whole numbers, or nothing at all.
LIMITS: dict[str, tuple[float, float, bool, bool]] = {{
{limits}
}}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {{
{expected}
}}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

{record}


class Columns(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The same as lists, of as many values as there are rows."""

{columns}


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds: one of the two, and whether the good rows are wanted where others are bad."""

    records: Annotated[list[Record], Meta(min_length=1)] | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET
    partial: bool = False
    explain: bool = False


decode = Decoder(Request).decode
_row = Layout("={width}f").pack


{parts}def assemble(records: list[Record]) -> bytes:
    """The features as float32, row after row: null is NaN, a category that the model never saw is infinity."""
    return b"".join(
        [
            _row(
{row}
            )
            for r in records
        ]
    )


def count(c: Columns) -> int:
    """How many rows there are."""
    return len(c.{first})


def assemble_columns(c: Columns, rows: int) -> bytes:
    """The same bytes as `assemble` gives; a column that is longer or shorter raises struct.error."""
    pack = Layout(f"={{rows}}f").pack
    table = array("f", bytes(rows * {size}))
    columns: tuple[Iterable[float], ...] = (
{table}
    )
    for at, values in enumerate(columns):
        table[at::{width}] = array("f", pack(*values))
    return table.tobytes()
'''


def contract_source(checked: Checked) -> str:
    """The text of `contract.py`; raises SpecError for names that no request could spell."""
    spec = checked.spec
    fields = fields_of(checked)
    _check_names(checked)
    features = [field for field in fields if field.feature]
    inputs = [(input_, field) for field in features for input_ in field.inputs]
    source = _MODULE.format(
        name=spec.name,
        imports=_imports(fields),
        model=quoted(spec.name),
        task=quoted(spec.task),
        rows=spec.serving.max_rows,
        rows_origin=comment(str(checked.origins.of("serving.max_rows")), "  "),
        timeout=spec.serving.timeout.milliseconds / 1000,
        timeout_origin=comment(str(checked.origins.of("serving.timeout")), "  "),
        codes="".join(codes_source(field) for field in features if field.column.type == "category"),
        features="\n".join(f"    {quoted(input_.name)}: {field.values}," for input_, field in inputs),
        limits="\n".join(f"    {quoted(input_.name)}: {input_[2:]!r}," for input_, _ in inputs),
        expected="\n".join(f"    {quoted(field.name)}: {quoted(column_words(field.column))}," for field in features),
        record="\n".join(declaration(field, many=False) for field in fields),
        columns="\n".join(declaration(field, many=True) for field in fields),
        width=len(inputs),
        size=4 * len(inputs),
        parts="".join(parts_source(field) for field in features if field.column.type == "datetime"),
        row="\n".join(f"                {of_record(field)}," for field in features),
        table="\n".join(f"        {of_columns(field)}," for field in features),
        first=features[0].attribute,
    )
    return _waiving_width(source)


def _check_names(checked: Checked) -> None:
    """msgspec looks for a key's bytes as they are in a request, so a name must not need JSON's escapes."""
    bad = [name for name in checked.spec.data.columns if any(c in '"\\' or c < " " for c in name)]
    if bad:
        raise SpecError(_unspeakable(checked, name) for name in bad)


def _unspeakable(checked: Checked, name: str) -> Diagnostic:
    path = f"data.columns.{name}"
    message = f"requests cannot carry a column named {name!a}"
    hint = "rename the column: no quotes, backslashes or control characters"
    return Diagnostic("ML420", message, checked.origins.of(path).span, path, hint)


def _imports(fields: Sequence[Field]) -> str:
    features = [field.column for field in fields if field.feature]
    unused = any(not field.feature for field in fields)
    renamed = any(field.name != field.attribute for field in fields)
    constants = [
        *(["inf"] if any(column.type == "category" for column in features) else []),
        *(["nan"] if any(column.nullable for column in features) else []),
    ]
    return "\n".join(
        [
            "from array import array",
            "from collections.abc import Iterable",
            *(["from datetime import UTC, datetime"] if any(c.type == "datetime" for c in features) else []),
            *([f"from math import {', '.join(constants)}"] if constants else []),
            "from struct import Struct as Layout",
            f"from typing import Annotated{', Any' if unused else ''}",
            "",
            f"from msgspec import UNSET, Meta, Struct, UnsetType{', field' if renamed else ''}",
            "from msgspec.json import Decoder",
        ]
    )


def _waiving_width(source: str) -> str:
    """Long names cannot be broken: a module that has any says that it knows."""
    long = any(len(line) > _WIDTH for line in source.splitlines())
    return f"# ruff: noqa: E501\n{source}" if long else source
