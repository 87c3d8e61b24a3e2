"""A spec's folder, and the library it was told to use -> the team's own, and what every spec must be laid over."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlspec.specs.defaults_list import Include
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.packages import package_folder
from mlspec.specs.settings import Library, Settings, absolute, settings_above

SHIPPED = Path(__file__).parent / "library"
SHIPPED_LIBRARY = Library(SHIPPED, "mlspec")


@dataclass(frozen=True, slots=True)
class Team:
    """The team's library, where there is one; the files of libraries below every spec; the text of each mlspec.toml."""

    library: Library | None = None
    required: tuple[Include, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


def team_of(folder: Path, given: str, looked: Callable[[Path], bool]) -> Team:
    """The library is `given` (a folder or a package), or what the nearest mlspec.toml names; what any mlspec.toml above
    requires holds in both cases, the outermost first. `looked` is told every file looked for, and says whether it is
    there. Raises SpecError when what is named cannot be used (ML310), or would replace what is required (ML314)."""
    found = settings_above(folder, looked)
    library = _given(given) if given else _named(found)
    for number, settings in enumerate(found):
        _hold(settings, _named(found[number:]), library, given, found)
    required = {include.label: include for settings in reversed(found) for include in settings.required}
    return Team(library, tuple(required.values()), tuple((settings.span.file, settings.text) for settings in found))


def _named(found: list[Settings]) -> Library | None:
    return next((settings.library for settings in found if settings.library), None)


def _hold(
    settings: Settings, meant: Library | None, library: Library | None, given: str, found: list[Settings]
) -> None:
    """Refuses a library that is not the one whose files are required: its files of the same names could ask less."""
    if not settings.required or meant is None or library is None or _same(meant, library):
        return
    include = settings.required[0]
    message = f"another library cannot stand in for the one whose {include.group} '{include.name}' is required"
    hint = f"{include.span} requires it: whoever owns the library changes it, or that line"
    nearest = next(one for one in found if one.library)
    span, line = (None, f"--library {given}") if given else (nearest.span, nearest.line)
    raise SpecError(
        [Diagnostic("ML314", message, span, "library", hint, line, also=(include.span,) if include.span else ())]
    )


def _same(one: Library, other: Library) -> bool:
    return one.folder.resolve() == other.folder.resolve()


def _given(given: str) -> Library:
    if os.path.isdir(given):
        return Library(absolute(Path(given)))
    folder = package_folder(given)
    if folder is None:
        message = f"there is no library '{given[:200]}': neither a folder nor an installed package"
        raise SpecError([Diagnostic("ML310", message, hint="give --library a folder or a package", line=given[:200])])
    return Library(folder, given)
