"""`mlspec.toml` -> the team's library that it names, and the files of libraries that it requires of every spec."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlspec.specs.defaults_list import GROUPS, Include
from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.nearest import hint_for, shortened
from mlspec.specs.packages import package_folder
from mlspec.specs.pinpoint import pinpoint
from mlspec.specs.yaml_text import read_text

SETTINGS = "mlspec.toml"
_KEYS = ("path", "package", "required")
_HINT = 'write `path = "../platform"` or `package = "acme_models"` under [library]'
_REQUIRED_HINT = 'write `required = ["profile/acme"]`: a group, and the name of a file in it'


@dataclass(frozen=True, slots=True)
class Library:
    """Where a library is, and what its files are called: `<name>:<file>`, or by their place when it has no name."""

    folder: Path
    name: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one mlspec.toml says under [library]; `span` is where it names the library."""

    text: str
    span: Span
    library: Library | None = None
    required: tuple[Include, ...] = ()

    @property
    def line(self) -> str:
        """The line of `span`."""
        return self.text.splitlines()[self.span.line - 1][:400]


def settings_above(folder: Path, looked: Callable[[Path], bool]) -> list[Settings]:
    """What every mlspec.toml at or above `folder` says, the nearest first, up to the top of the repository. `looked` is
    told every file looked for, and says whether it is there. Raises SpecError (ML310) when one is not understood."""
    found = []
    for above in [folder, *folder.parents]:
        path = above / SETTINGS
        if looked(path) or os.path.lexists(path):  # what cannot be read could require something: it is told
            found.append(_Reader(path, Path(os.path.relpath(path, folder)).as_posix()).settings())
        if (above / ".git").exists():
            break  # another repository's settings are not this one's
    return found


class _Reader:
    """Reads one mlspec.toml, and knows the line of each key for what is wrong with it."""

    def __init__(self, path: Path, shown: str) -> None:
        self.folder = path.parent
        self.shown = shown
        self.text = read_text(path, shown)

    def settings(self) -> Settings:
        table = self._table()
        known: Mapping[str, Callable[[Any], Any]] = {"path": self._path, "package": self._package}
        libraries = [(key, known[key](value)) for key, value in table.items() if key in known]
        span = self._span(libraries[0][0]) if libraries else Span(self.shown, 1, 1)
        required = self._required(table["required"]) if "required" in table else ()
        return Settings(self.text, span, libraries[0][1] if libraries else None, required)

    def _table(self) -> Mapping[str, Any]:
        import tomllib  # most specs have no such file above them

        try:
            settings = tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            match = re.search(r"at line (\d+), column (\d+)", str(error))
            line, column = (int(match[1]), int(match[2])) if match else (1, 1)
            raise self._refusal(f"{SETTINGS} is not TOML: {error}", Span(self.shown, line, column)) from None
        for name in settings:
            if name != "library":
                hint = hint_for(name, ("library",), "tables")
                raise self._refusal(f"unknown table or key '{shortened(name)}'", self._top(name), hint)
        table = settings.get("library", {})
        if not isinstance(table, dict):
            raise self._refusal("[library] is a table", self._span("library"))
        for key in table:
            if key not in _KEYS:
                raise self._refusal(f"unknown key '{key}' in [library]", self._span(key), hint_for(key, _KEYS, "keys"))
        if "library" in settings and ("path" in table) + ("package" in table) != 1 and "required" not in table:
            raise self._refusal("[library] names one library", self._span("library"))
        if "path" in table and "package" in table:
            raise self._refusal("[library] names one library", self._span("library"))
        return table

    def _path(self, value: Any) -> Library:
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._refusal("path in [library] is a text", self._value("path", value))
        if not os.path.isdir(self.folder / value):
            message = f"there is no folder '{shortened(value)}' beside {SETTINGS}"
            raise self._refusal(message, self._value("path", value))
        return Library(absolute(self.folder / value))

    def _package(self, value: Any) -> Library:
        if not isinstance(value, str):
            raise self._refusal("package in [library] is a text", self._value("package", value))
        folder = package_folder(value)
        if folder is None:
            hint = f"install it into the environment of {SETTINGS}"
            message = f"there is no installed package '{value}'"
            raise self._refusal(message, self._value("package", value), hint)
        return Library(folder, value)

    def _required(self, value: Any) -> tuple[Include, ...]:
        if not isinstance(value, list):
            raise self._refusal("required in [library] is a list", self._value("required", value), _REQUIRED_HINT)
        return tuple(self._include(item, self._value("required", item)) for item in value)

    def _include(self, item: Any, span: Span) -> Include:
        group, _, name = item.partition("/") if isinstance(item, str) else ("", "", "")
        if group not in GROUPS or not name:
            groups = ", ".join(GROUPS)
            raise self._refusal(f"{item!r} cannot be required", span, f"{_REQUIRED_HINT}; groups: {groups}")
        return Include(name, span, group, required=True)

    def _top(self, name: str) -> Span:
        """Where a table or key of the file itself stands."""
        written = rf"""\s*\[*\s*["']?{re.escape(name)}\b"""
        lines = enumerate(self.text.splitlines(), 1)
        return Span(self.shown, next((number for number, line in lines if re.match(written, line)), 1), 1)

    def _value(self, key: str, value: Any) -> Span:
        """Where `value`, or an item of it, is written behind `key`; the key where it is written in another way."""
        span, lines = self._span(key), self.text.splitlines()
        written = (json.dumps(value, ensure_ascii=False), f"'{value}'", str(value))
        places = (pinpoint(span, lines, text) for text in written)
        return next((place for place in places if place != span), span)

    def _span(self, key: str) -> Span:
        """Where `key` of [library] stands; the table itself where it is written in another way."""
        table = r"\s*\[\s*library\s*\]|\s*library\s*[.=]"
        written = rf"""\s*["']?{re.escape(key)}["']?\s*="""
        lines = list(enumerate(self.text.splitlines(), 1))
        first = next((number for number, line in lines if re.match(table, line)), 1)
        line = next((number for number, line in lines if number > first and re.match(written, line)), 0)
        shown = lines[(line or first) - 1][1] if lines else ""
        start = len(shown) - len(shown.lstrip())
        return Span(self.shown, line or first, start + 1)

    def _refusal(self, message: str, span: Span, hint: str = _HINT) -> SpecError:
        lines = self.text.splitlines()
        shown = lines[span.line - 1][:400] if span.line <= len(lines) else ""
        return SpecError([Diagnostic("ML310", message, span, "library", hint, shown)])


def absolute(folder: Path) -> Path:
    """Links are kept: a place is shown as the way from the spec to it was written."""
    return Path(os.path.abspath(folder))
