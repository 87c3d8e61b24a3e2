"""Turns plain values into Python source: typed literals for the settings that generated units hold."""

import math
from collections.abc import Iterable, Mapping
from typing import Any


def literal(value: Any) -> str:
    """The source of `value`, in double quotes; raises TypeError for what is no plain value."""
    match value:
        case None | bool() | int():
            return repr(value)
        case float():
            return repr(value) if math.isfinite(value) else f'float("{value}")'
        case str():
            return _text(value)
        case tuple() if len(value) == 1:
            return f"({literal(value[0])},)"
        case tuple():
            return f"({', '.join(map(literal, value))})"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case Mapping():
            return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"{type(value).__name__} is no plain value")


def call(name: str, arguments: Mapping[str, str]) -> str:
    """A call with keyword arguments, one a line; the arguments are source already."""
    lines = "".join(f"    {key}={source},\n" for key, source in arguments.items())
    return f"{name}(\n{lines})"


def wrapped(values: Iterable[Any], *, indent: int, width: int = 100) -> str:
    """The literals of `values`, a comma behind each, on as few lines as fit."""
    lines = [""]
    for value in values:
        item = f"{literal(value)},"
        if lines[-1] and len(lines[-1]) + len(item) >= width - indent:
            lines.append("")
        lines[-1] += f" {item}" if lines[-1] else item
    return "\n".join(" " * indent + line for line in lines)


def _text(value: str) -> str:
    """repr in double quotes: it escapes what does not print, and a text without either quote reads the same."""
    quoted = repr("'" + value)[1:-1] if '"' not in value else ""
    return f'"{quoted[1:]}"' if quoted else repr(value)
