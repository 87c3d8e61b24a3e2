"""A spec's columns turned into the Python module that decodes, checks and lays out requests, and does nothing else."""

import builtins
import keyword
from collections.abc import Iterable
from dataclasses import dataclass

from mlspec.compiler.units.inference_columns import column_type, column_words
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.models import Column

_WIDTH = 120
_TAKEN = {"field", "annotations", "nan", "inf", *dir(builtins)}

_MODULE = '''"""Requests for {name}, decoded, checked and laid out for its model: the spec's contract, as code."""

{imports}

MODEL = {model}
TASK = {task}
MAX_ROWS = {rows}{rows_origin}
{codes}
# The model's inputs in order, with their categories.
FEATURES: dict[str, tuple[str, ...]] = {{
{features}
}}

# What a caller who sent something else is told.
EXPECTED: dict[str, str] = {{
{expected}
}}


class Record(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One row: every feature, null where that is allowed; other columns may come along and are not used."""

{record}


class Request(Struct, forbid_unknown_fields=True, gc=False):
    """What one request holds."""

    records: Annotated[list[Record], Meta(min_length=1)]


decode = Decoder(Request).decode
_row = Layout("={width}f").pack


def assemble(records: list[Record]) -> bytes:
    """The features as float32, row after row: null is NaN, a category that the model never saw is infinity."""
    return b"".join(
        [
            _row(
{row}
            )
            for r in records
        ]
    )
'''


@dataclass(frozen=True, slots=True)
class _Field:
    """One column, the attribute of a record that holds it, and the place in the spec that asked for it."""

    name: str
    attribute: str
    column: Column
    place: str

    @property
    def codes(self) -> str:
        """The name of the dict from category to code."""
        return f"_{self.attribute}_codes".upper()


def contract_source(checked: Checked) -> str:
    """The text of `contract.py`; raises SpecError for names that no request could spell."""
    spec = checked.spec
    fields = _fields(checked)
    _check_names(checked)
    features = [field for field in fields if field.column.role == "feature"]
    source = _MODULE.format(
        name=spec.name,
        imports=_imports(fields),
        model=_quoted(spec.name),
        task=_quoted(spec.task),
        rows=spec.serving.max_rows,
        rows_origin=_comment(str(checked.origins.of("serving.max_rows")), "  "),
        codes="".join("\n" + _codes(field) for field in features if field.column.type == "category"),
        features="\n".join(f"    {_quoted(field.name)}: {_values(field)}," for field in features),
        expected="\n".join(f"    {_quoted(field.name)}: {_quoted(column_words(field.column))}," for field in features),
        record="\n".join(_declaration(field) for field in fields),
        width=len(features),
        row="\n".join(f"                {_value(field)}," for field in features),
    )
    return _waiving_width(source)


def _fields(checked: Checked) -> list[_Field]:
    return [
        _Field(name, _attribute(name, number), column, str(checked.origins.of(f"data.columns.{name}")))
        for number, (name, column) in enumerate(checked.spec.data.columns.items(), start=1)
    ]


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


def _attribute(name: str, number: int) -> str:
    """The column's own name where Python can have it, else `column<number>`."""
    plain = name.isidentifier() and name.isascii() and name.islower() and not name.startswith(("_", "column"))
    return name if plain and not keyword.iskeyword(name) and name not in _TAKEN else f"column{number}"


def _imports(fields: Iterable[_Field]) -> str:
    features = [field.column for field in fields if field.column.role == "feature"]
    unused = any(field.column.role != "feature" for field in fields)
    renamed = any(field.name != field.attribute for field in fields)
    constants = [
        *(["inf"] if any(column.type == "category" for column in features) else []),
        *(["nan"] if any(column.nullable for column in features) else []),
    ]
    return "\n".join(
        [
            *([f"from math import {', '.join(constants)}"] if constants else []),
            "from struct import Struct as Layout",
            f"from typing import Annotated{', Any' if unused else ''}",
            "",
            f"from msgspec import Meta, Struct{', field' if renamed else ''}",
            "from msgspec.json import Decoder",
        ]
    )


def _codes(field: _Field) -> str:
    values = "".join(f"    {_quoted(value)}: {code}.0,\n" for code, value in enumerate(field.column.values))
    return f"{_comment(field.place)}\n{field.codes}: dict[str, float] = {{\n{values}}}\n"


def _values(field: _Field) -> str:
    return f"tuple({field.codes})" if field.column.type == "category" else "()"


def _declaration(field: _Field) -> str:
    """The field's line in the class, under the place that asked for it."""
    if field.column.role == "feature":
        kind, default = column_type(field.column), []
    else:
        kind, default = "Any", ["default=None"]
    if field.name != field.attribute:
        value = f" = field({', '.join([*default, f'name={_quoted(field.name)}'])})"
    else:
        value = " = None" if default else ""
    return f"    {_comment(field.place)}\n    {field.attribute}: {kind}{value}"


def _value(field: _Field) -> str:
    """The expression that gives the field's float."""
    value = f"r.{field.attribute}"
    known = f"{field.codes}.get({value}, inf)" if field.column.type == "category" else value
    return f"nan if {value} is None else {known}" if field.column.nullable else known


def _quoted(text: str) -> str:
    """A Python literal in ASCII, in double quotes where that needs no escapes, as formatters have it."""
    literal = ascii(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal else literal


def _comment(text: str, indent: str = "") -> str:
    """A comment on one line, whatever the text."""
    return f"{indent}# {ascii(' '.join(text.split()))[1:-1]}"


def _waiving_width(source: str) -> str:
    """Long names cannot be broken: a module that has any says that it knows."""
    long = any(len(line) > _WIDTH for line in source.splitlines())
    return f"# ruff: noqa: E501\n{source}" if long else source
