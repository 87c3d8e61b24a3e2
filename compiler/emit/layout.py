"""Lays Python expressions out as ruff's formatter does, so that what is written needs no formatter."""

import re
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Group:
    """Items between brackets: a call, a dict, a list. On one line when they fit, else one item a line."""

    opening: str
    items: tuple["Item", ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Item:
    """An expression with what stands before it: `"key": ` or `name=`."""

    prefix: str
    value: "Expression"


Expression: TypeAlias = str | Group


def call(function: str, *items: Item) -> Group:
    """`function(items)`."""
    return Group(f"{function}(", items, ")")


def flat(expression: Expression) -> str:
    """The expression on one line."""
    if isinstance(expression, str):
        return expression
    inside = ", ".join(item.prefix + flat(item.value) for item in expression.items)
    return expression.opening + inside + expression.closing


def lay_out(expression: Expression, *, indent: int = 0, prefix: str = "", suffix: str = "") -> str:
    """The expression at a depth, between a prefix and a suffix that share its first and last line."""
    line = f"{_INDENT * indent}{prefix}{flat(expression)}{suffix}"
    if isinstance(expression, str) or not expression.items or len(line) <= WIDTH:
        return line
    lines = [f"{_INDENT * indent}{prefix}{expression.opening}"]
    # The comma behind the last item keeps a formatter from joining the lines again.
    lines += [lay_out(item.value, indent=indent + 1, prefix=item.prefix, suffix=",") for item in expression.items]
    return "\n".join([*lines, f"{_INDENT * indent}{expression.closing}{suffix}"])


def quoted(text: str) -> str:
    """A string literal in double quotes, or in single ones where that saves escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + _escaped(text).replace(quote, f"\\{quote}") + quote


def f_string(parts: tuple[str | tuple[str], ...]) -> str:
    """An f-string of plain texts and, as 1-tuples, expressions."""
    plain = "".join(part for part in parts if isinstance(part, str))
    quote = "'" if plain.count('"') > plain.count("'") else '"'
    inside = "".join(
        f"{{{part[0]}}}"
        if isinstance(part, tuple)
        else _escaped(part).replace(quote, f"\\{quote}").replace("{", "{{").replace("}", "}}")
        for part in parts
    )
    return f"f{quote}{inside}{quote}"


def _escaped(text: str) -> str:
    """`text` as `repr` escapes it, quotes left alone."""
    return re.sub(r"\\'", "'", repr(text + '"')[1:-2])


def snake(name: str) -> str:
    """Pulumi's Python name of a wire name: `kmsKeyArn` is `kms_key_arn`, `s3Key` is `s3_key`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
