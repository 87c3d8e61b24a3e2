"""The place of a text, and a part of that text -> the part's own place in the file, where it is written so."""

from collections.abc import Sequence
from dataclasses import replace

from mlspec.specs.diagnostics import Span


def pinpoint(span: Span, lines: Sequence[str], part: str) -> Span:
    """Where `part` first stands at or after `span`, in its line, or below it where the text goes on there; `span`
    itself where it is written in another way, with escapes or as an alias."""
    one_line = span.width > 1
    last = span.line if one_line else len(lines)
    for number in range(span.line, last + 1):
        line, start = lines[number - 1], span.column - 1 if number == span.line else 0
        at = line.find(part, start, start + span.width if one_line else len(line))
        if at >= 0:
            return replace(span, line=number, column=at + 1, width=len(part))
    return span
