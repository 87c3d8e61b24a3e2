"""A user's mistake as a value: where it is, what is wrong, what is allowed, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is: an error stops the pipeline, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a source file; line and column count from 1, `width` is in characters."""

    file: str
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. `code` is stable (ML1xx YAML, ML2xx language, ML3xx composition, ML4xx lowering, ML5xx plan and
    state, ML6xx deploy, ML7xx packaging); `path` is the dotted key, `line` the offending source line. `part` is what
    is wrong in the text at `span`, where not all of it is, until that is looked up in the file; `also` are the other
    places that the message or the hint names."""

    code: str
    message: str
    span: Span | None = None
    path: str = ""
    hint: str = ""
    line: str = ""
    severity: Severity = Severity.ERROR
    part: str = ""
    also: tuple[Span, ...] = ()


class SpecError(Exception):
    """Carries every diagnostic of one input; raised only once all of them are collected."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=_position))
        super().__init__("; ".join(f"{d.code} {d.message}" for d in self.diagnostics))


def _position(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    span = diagnostic.span or Span("", 0, 0)
    return (span.file, span.line, span.column, diagnostic.code, diagnostic.message)
