"""Diagnostics -> text for people, JSON for programs, annotations for GitHub, SARIF for code scanning."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from mlspec.specs.diagnostics import Diagnostic, Severity, Span

_WIDEST = 100
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # a terminal would obey these
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Each mistake with its line and a caret under it, then how many there are."""
    found = list(diagnostics)
    blocks = ["\n".join(_block(diagnostic)) for diagnostic in found]
    if len(found) > 1:
        counts = Counter(diagnostic.severity for diagnostic in found)
        blocks.append(", ".join(_counted(counts[kind], kind.value) for kind in Severity if counts[kind]))
    return "\n\n".join(blocks)


def _block(diagnostic: Diagnostic) -> list[str]:
    warning = "warning: " if diagnostic.severity is Severity.WARNING else ""
    lines = [f"{diagnostic.code} {warning}{_written(diagnostic.message)}"]
    span = diagnostic.span
    if diagnostic.line and span:
        shown, start = _cut(_UNSEEN.sub("\ufffd", diagnostic.line), span.column - 1)
        width = max(1, min(span.width, len(shown) - start))
        lines.append(f"  {span} | {shown}".rstrip())
        lines.append(f"  {' ' * len(str(span))} | {' ' * start}{'^' * width}")
    elif diagnostic.line:
        lines.append(f"  override | {_written(diagnostic.line)}")
    elif span:
        lines.append(f"  {span}")
    return [*lines, f"  hint: {_written(diagnostic.hint)}"] if diagnostic.hint else lines


def _written(text: str) -> str:
    """`text` with what cannot be seen, and could move a terminal's cursor, as its escape."""
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _cut(line: str, start: int) -> tuple[str, int]:
    """The part of a long line that a reader needs to see, and where in it the mistake starts."""
    line = line.replace("\t", " ")
    if len(line) <= _WIDEST:
        return line, min(start, len(line))
    left = max(0, min(start - _WIDEST // 2, len(line) - _WIDEST))
    before, after = ("..." if left else ""), ("..." if left + _WIDEST < len(line) else "")
    return before + line[left : left + _WIDEST] + after, min(start, len(line)) - left + len(before)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One document with every diagnostic, in order."""
    entries = diagnostic_entries(diagnostics)
    errors = sum(entry["severity"] == Severity.ERROR for entry in entries)
    return json.dumps({"format": 1, "errors": errors, "diagnostics": entries}, indent=2, ensure_ascii=False)


def diagnostic_entries(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Each diagnostic as plain values, for documents."""
    return [_entry(diagnostic) for diagnostic in diagnostics]


def read_entries(entries: Iterable[Mapping[str, Any]]) -> tuple[Diagnostic, ...]:
    """The diagnostics that `diagnostic_entries` wrote."""
    return tuple(_read(entry) for entry in entries)


def _read(entry: Mapping[str, Any]) -> Diagnostic:
    place = (entry["file"], entry["line"], entry["column"], entry["width"])
    span = Span(*place) if entry["file"] is not None else None
    words = (entry["path"], entry["hint"], entry["source"])
    return Diagnostic(entry["code"], entry["message"], span, *words, Severity(entry["severity"]))


def _entry(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    where: Mapping[str, Any] = {"file": None, "line": None, "column": None, "width": None}
    if span:
        where = {"file": span.file, "line": span.line, "column": span.column, "width": span.width}
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "path": diagnostic.path,
        **where,
        "source": diagnostic.line,
        "hint": diagnostic.hint,
    }


def render_github(diagnostics: Iterable[Diagnostic], *, folder: str = "") -> str:
    """Workflow commands that GitHub shows at the line; `folder` is the spec's, from the root of the repository."""
    return "\n".join(_command(diagnostic, folder) for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic, folder: str) -> str:
    properties: dict[str, str | int] = {}
    if span := diagnostic.span:
        properties = {"file": _below(span.file, folder), "line": span.line, "col": span.column}
        properties["endColumn"] = span.column + span.width
    properties["title"] = f"{diagnostic.code} {diagnostic.path}".strip()
    listed = ",".join(f"{key}={_escaped(str(value), properties=True)}" for key, value in properties.items())
    text = diagnostic.message + (f"\nhint: {diagnostic.hint}" if diagnostic.hint else "")
    return f"::{diagnostic.severity.value} {listed}::{_escaped(text)}"


def _escaped(text: str, *, properties: bool = False) -> str:
    """GitHub's own escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts"""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if properties else text


def render_sarif(diagnostics: Iterable[Diagnostic], *, folder: str = "") -> str:
    """A SARIF 2.1.0 log: https://docs.oasis-open.org/sarif/sarif/v2.1.0/"""
    found = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    driver = {"name": "mlspec", "rules": [_rule(code) for code in codes]}
    results = [_result(diagnostic, codes.index(diagnostic.code), folder) for diagnostic in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    from mlspec.specs.codes import pages  # read for this form only

    page = pages().get(code)
    if page is None:
        return {"id": code, "shortDescription": {"text": code}}
    help_text = {"text": f"{page.meaning} {page.fix}"}
    return {"id": code, "shortDescription": {"text": page.title}, "fullDescription": help_text}


def _result(diagnostic: Diagnostic, index: int, folder: str) -> dict[str, Any]:
    text = diagnostic.message + (f" (hint: {diagnostic.hint})" if diagnostic.hint else "")
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "message": {"text": text},
    }
    if diagnostic.span:
        result["locations"] = [_location(diagnostic.span, diagnostic.line, folder)]
    if diagnostic.also:
        result["relatedLocations"] = [_location(span, "", folder) for span in diagnostic.also]
    return result


def _location(span: Span, line: str, folder: str) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": span.line,
        "startColumn": span.column,
        "endColumn": span.column + span.width,
    }
    if line:
        region["snippet"] = {"text": line}
    file = _below(span.file, folder)
    artifact = {"uri": ("file://" if file.startswith("/") else "") + quote(file, safe="/:")}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _below(file: str, folder: str) -> str:
    return str(PurePosixPath(folder) / file) if folder and not file.startswith("mlspec:") else file
