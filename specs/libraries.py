"""A spec's folder, and the library it was told to use -> the folder of the team's own library."""

import os
import re
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.nearest import hint_for
from mlspec.specs.yaml_text import read_text

SETTINGS = "mlspec.toml"
SHIPPED = Path(__file__).parent / "library"
_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_HINT = 'write `path = "../platform"` or `package = "acme_models"` under [library]'


@dataclass(frozen=True, slots=True)
class Library:
    """Where a library is, and what its files are called: `<name>:<file>`, or by their place when it has no name."""

    folder: Path
    name: str = ""


SHIPPED_LIBRARY = Library(SHIPPED, "mlspec")


def team_library(folder: Path, given: str, looked: Callable[[Path], bool]) -> Library | None:
    """The team's library: `given` (a folder or a package), or what mlspec.toml at or above `folder` names. `looked` is
    told every file looked for, and says whether it is there. Raises SpecError when what is named cannot be used."""
    if given:
        return _given(given)
    for above in [folder, *folder.parents]:
        if looked(above / SETTINGS):
            return _read(above / SETTINGS)
        if (above / ".git").exists():
            return None  # another repository's settings are not this one's
    return None


def _given(given: str) -> Library:
    if Path(given).is_dir():
        return Library(_absolute(Path(given)))
    library = _package(given) if _PACKAGE.match(given) else None
    if library is None:
        message = f"there is no library '{given[:200]}': neither a folder nor an installed package"
        raise SpecError([Diagnostic("ML310", message, hint="give --library a folder or a package", line=given[:200])])
    return library


def _read(path: Path) -> Library | None:
    text = read_text(path, SETTINGS)
    try:
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = int(match[1]) if (match := re.search(r"at line (\d+)", str(error))) else 1
        raise _refusal(f"{SETTINGS} is not TOML: {error}", text, line) from None
    if "library" not in settings:
        return None
    table = settings["library"]
    line = _line_of(text, r"\s*\[\s*library\s*\]|\s*library\s*[.=]")
    if not isinstance(table, dict) or len(table) != 1:
        raise _refusal("[library] names one library", text, line)
    ((key, value),) = table.items()
    return _named(path, key, value, lambda message, hint=_HINT: _refusal(message, text, _key_line(text, key), hint))


def _named(path: Path, key: str, value: Any, refusal: Callable[..., SpecError]) -> Library:
    if key not in ("path", "package"):
        raise refusal(f"unknown key '{key}' in [library]", hint_for(key, ("path", "package"), "keys"))
    if not isinstance(value, str) or not value or "\0" in value:
        raise refusal(f"{key} in [library] is a text")
    if key == "path":
        if not (path.parent / value).is_dir():
            raise refusal(f"there is no folder '{value}' beside {SETTINGS}")
        return Library(_absolute(path.parent / value))
    library = _package(value) if _PACKAGE.match(value) else None
    if library is None:
        raise refusal(f"there is no installed package '{value}'", f"install it into the environment of {SETTINGS}")
    return library


def _package(name: str) -> Library | None:
    """The folder of an installed package; it is looked up, never imported: a library is text and runs nothing."""
    from importlib.machinery import PathFinder

    locations: list[str] | None = list(sys.path)
    for end in range(1, name.count(".") + 2):
        spec = PathFinder.find_spec(".".join(name.split(".")[:end]), locations)
        locations = list(spec.submodule_search_locations or ()) if spec else None
        if not locations:
            return None
    folder = next((Path(found) for found in locations or () if Path(found).is_dir()), None)
    return Library(folder, name) if folder else None


def _absolute(folder: Path) -> Path:
    """Links are kept: a place is shown as the way from the spec to it was written."""
    return Path(os.path.abspath(folder))


def _line_of(text: str, pattern: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if re.match(pattern, line)), 1)


def _key_line(text: str, key: str) -> int:
    return _line_of(text, rf"""\s*["']?{re.escape(key)}["']?\s*=|\s*library\s*[.=]""")


def _refusal(message: str, text: str, line: int, hint: str = _HINT) -> SpecError:
    shown = (text.splitlines() or [""])[line - 1 if line <= len(text.splitlines()) else 0][:400]
    return SpecError([Diagnostic("ML310", message, Span(SETTINGS, line, 1), "library", hint, shown)])
