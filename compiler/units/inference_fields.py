"""A spec's columns as the generated contract knows them: an attribute each, and the code that lays its values out."""

import builtins
import keyword
from collections.abc import Sequence
from dataclasses import dataclass

from mlspec.compiler.units.inference_columns import PARTS, Input, column_type, inputs_of
from mlspec.specs.checked import Checked
from mlspec.specs.models import Column

_LONGEST = 26  # a longer attribute would not fit the lines that name it thrice
_TAKEN = {"field", "annotations", "nan", "inf", "array", "datetime", *dir(builtins)}


@dataclass(frozen=True, slots=True)
class Field:
    """One column, the attribute of a record that holds it, and the place in the spec that asked for it."""

    name: str
    attribute: str
    column: Column
    place: str

    @property
    def feature(self) -> bool:
        """Whether the model sees it."""
        return self.column.role == "feature"

    @property
    def codes(self) -> str:
        """The name of the dict from category to code."""
        return f"_{self.attribute}_codes".upper()

    @property
    def parts(self) -> str:
        """The name of the function that takes a time apart."""
        return f"_{self.attribute}_parts"

    @property
    def inputs(self) -> list[Input]:
        """What the model gets of it."""
        return inputs_of(self.name, self.column)

    @property
    def values(self) -> str:
        """The source of its input's categories."""
        return f"tuple({self.codes})" if self.column.type == "category" else "()"


def fields_of(checked: Checked) -> list[Field]:
    """Every column of the spec, in its order."""
    return [
        Field(name, _attribute(name, number), column, str(checked.origins.of(f"data.columns.{name}")))
        for number, (name, column) in enumerate(checked.spec.data.columns.items(), start=1)
    ]


def _attribute(name: str, number: int) -> str:
    """The column's own name where Python can have it, else `column<number>`."""
    plain = name.isidentifier() and name.isascii() and name.islower() and not name.startswith(("_", "column"))
    taken = keyword.iskeyword(name) or name in _TAKEN or len(name) > _LONGEST
    return name if plain and not taken else f"column{number}"


def declaration(field: Field, *, many: bool) -> str:
    """The field's line in Record, or in Columns, under the place that asked for it."""
    if not field.feature:
        kind, default = "Any", ["default=None"]
    else:
        kind, default = column_type(field.column), []
        kind = f"list[{kind}]" if many else kind
    if field.name != field.attribute:
        value = f" = field({', '.join([*default, f'name={quoted(field.name)}'])})"
    else:
        value = " = None" if default else ""
    return f"    {comment(field.place)}\n    {field.attribute}: {kind}{value}"


def of_record(field: Field) -> str:
    """The expression that gives the field's floats in one record `r`."""
    value = f"r.{field.attribute}"
    return f"*{field.parts}({value})" if field.column.type == "datetime" else _one(field, value)


def of_columns(field: Field) -> str:
    """The expression that gives the field's floats in all rows of columns `c`."""
    values = f"c.{field.attribute}"
    if field.column.type == "datetime":
        return f"*zip(*map({field.parts}, {values}), strict=True)"
    one = _one(field, "v")
    return values if one == "v" else f"[{one} for v in {values}]"


def _one(field: Field, value: str) -> str:
    known = f"{field.codes}.get({value}, inf)" if field.column.type == "category" else value
    return f"nan if {value} is None else {known}" if field.column.nullable else known


def codes_source(field: Field) -> str:
    """The dict from category to code."""
    values = "".join(f"    {quoted(value)}: {code}.0,\n" for code, value in enumerate(field.column.values))
    return f"\n{comment(field.place)}\n{field.codes}: dict[str, float] = {{\n{values}}}\n"


def parts_source(field: Field) -> str:
    """The function that takes a time apart; one without an offset is in UTC."""
    kind = "datetime | None" if field.column.nullable else "datetime"
    missing = _missing(field.column.parts) if field.column.nullable else ""
    parts = "".join(f"        {PARTS[part][0]},\n" for part in field.column.parts)
    return (
        f"def {field.parts}(value: {kind}) -> tuple[float, ...]:\n{missing}"
        "    at = value if value.tzinfo is None else value.astimezone(UTC)\n"
        f"    return (\n{parts}    )\n\n\n"
    )


def _missing(parts: Sequence[str]) -> str:
    return f"    if value is None:\n        return (nan,) * {len(parts)}\n"


def quoted(text: str) -> str:
    """A Python literal in ASCII, in double quotes where that needs no escapes, as formatters have it."""
    literal = ascii(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal else literal


def comment(text: str, indent: str = "") -> str:
    """A comment on one line, whatever the text."""
    return f"{indent}# {ascii(' '.join(text.split()))[1:-1]}"
