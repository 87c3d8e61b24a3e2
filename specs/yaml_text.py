"""Bytes of a file -> text that is safe to hand to a YAML parser, with the lines as the parser counts them."""

import re
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError

LARGEST_FILE = 1024 * 1024
_MOST_TABS = 100  # lines told one by one
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# What YAML does not allow, and what shows a line in another order than it is read: https://trojansource.codes
_CONTROL = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
_TAB_INDENT = re.compile(r"^ *(\t+)[ \t]*[^\s#]")
_MARKS = {b"\xff\xfe": "UTF-16 or UTF-32", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


def read_text(path: Path, name: str) -> str:
    """The text of the file; raises SpecError when it is no text, or not one of a sensible size."""
    try:
        if not path.is_file():
            raise _refusal("ML101", _no_file(path, name), name)
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the name is not a file name"
        raise _refusal("ML101", f"{name} cannot be read: {reason}", name) from None
    return decode(data, name)


def _no_file(path: Path, name: str) -> str:
    if path.is_dir():
        return f"{name} is a folder"
    return f"{name} is no regular file" if path.exists() else f"there is no file {name}"


def decode(data: bytes, name: str) -> str:
    """`data` as text; raises SpecError for other encodings, control characters, tabs as indentation."""
    if len(data) > LARGEST_FILE:
        raise _refusal("ML102", f"the file is larger than {LARGEST_FILE // 2**20} MiB", name)
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            raise _refusal("ML101", f"the file is {encoding}, not UTF-8", name, hint="save it as UTF-8")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode("utf-8"))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _refusal("ML101", message, name, line, column, "save the file as UTF-8") from None
    _refuse_characters(text, name)
    return text


def split_lines(text: str) -> list[str]:
    """The lines, cut where a YAML parser cuts them."""
    return _LINE_BREAK.split(text)


def _refuse_characters(text: str, name: str) -> None:
    if control := _CONTROL.search(text):
        line, column = _place(text[: control.start()])
        message = f"control character U+{ord(control[0]):04X} is not allowed"
        raise _refusal("ML111", message, name, line, column)
    tabs = [(i, match) for i, line in enumerate(split_lines(text), 1) if (match := _TAB_INDENT.match(line))]
    more = f"; {len(tabs) - _MOST_TABS} more lines begin with tabs" if len(tabs) > _MOST_TABS else ""
    found = [
        Diagnostic("ML106", "tabs cannot indent YAML", Span(name, i, match.start(1) + 1), hint=f"use spaces{more}")
        for i, match in tabs[:_MOST_TABS]
    ]
    if found:
        raise SpecError(found)


def _place(before: str) -> tuple[int, int]:
    """Line and column of what follows `before`."""
    lines = split_lines(before)
    return len(lines), len(lines[-1]) + 1


def _refusal(code: str, message: str, name: str, line: int = 1, column: int = 1, hint: str = "") -> SpecError:
    return SpecError([Diagnostic(code, message, Span(name, line, column), hint=hint)])
