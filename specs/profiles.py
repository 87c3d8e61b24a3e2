"""A group and a name -> the file of a library: shipped, the team's own, or in a `profiles` folder near the spec."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlspec.specs.defaults_list import GROUPS, PROFILE, Include
from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.libraries import SHIPPED_LIBRARY, team_of
from mlspec.specs.nearest import hint_for
from mlspec.specs.settings import Library
from mlspec.specs.yaml_nodes import Node, parse_yaml
from mlspec.specs.yaml_text import read_text

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_LEVELS = 4  # the spec's folder and three above it: a repository of models keeps one set of profiles


@dataclass
class Profiles:
    """Reads library files for a spec in `folder`, and keeps their texts for diagnostics and every path it looked at."""

    folder: Path
    library: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    looked: list[Path] = field(default_factory=list)
    libraries: tuple[Library, ...] = (SHIPPED_LIBRARY,)
    required: tuple[Include, ...] = ()
    unusable: bool = False  # then nobody knows what the library holds: what is not found is not told

    def __post_init__(self) -> None:
        """A team's library that cannot be used is told once, not at each entry that needs it."""
        try:
            team = team_of(self.folder, self.library, self._is_file)
        except SpecError as error:
            self.found.extend(error.diagnostics)
            self.unusable = True
        else:
            self.libraries = (SHIPPED_LIBRARY, team.library) if team.library else (SHIPPED_LIBRARY,)
            self.required = team.required
            self.texts.update(team.texts)

    @property
    def packages(self) -> dict[str, Path]:
        """The library that is an installed package, by its name."""
        return {library.name: library.folder for library in self.libraries[1:] if library.name}

    def read(self, include: Include) -> Node | None:
        """The file's tree, or None after reporting why there is none."""
        if not _NAME.match(include.name):
            hint = f"a {include.group} is named by letters, digits, - and _; it is no path"
            return self._refuse(include, f"'{include.name[:80]}' is not the name of a {include.group}", hint)
        held = list(self._candidates(include))
        if include.required and held and held[0][2] not in [library.folder for library in self.libraries]:
            held = []
        if not held and self.unusable:
            return None
        if not held:
            return self._refuse(include, f"there is no {include.group} '{include.name}'", self._elsewhere(include))
        (path, shown, root), *others = held
        if others:
            message = f"{include.group} '{include.name}' is in {shown} and in {others[0][1]}"
            return self._refuse(include, message, "give yours a name of its own", shown, others[0][1])
        if not path.resolve().is_relative_to(root.resolve()):
            message = f"{include.group} '{include.name}' leads out of its library"
            return self._refuse(include, message, "a library holds its files itself: no links to elsewhere")
        return self._parse(path, shown, include)

    def _elsewhere(self, include: Include) -> str:
        """What may be meant by a name that no file of the group has."""
        other = next((group for group in GROUPS if include.name in self.names(group)), "")
        if other:
            return f"it is of another group: write `- {other}: {include.name}`"
        folders = (library.folder / include.group for library in self.libraries)
        if any((folder / f"{include.name}.yml").is_file() for folder in folders):
            return f"files of libraries end in .yaml: rename {include.name}.yml"
        what = "profiles" if include.group == PROFILE else f"in {include.group}"
        return hint_for(include.name, self.names(include.group), what)

    def names(self, group: str) -> list[str]:
        """All files of the group that a spec in this folder can name."""
        folders = [library.folder / group for library in self.libraries]
        folders += self._near() if group == PROFILE else []
        return sorted(
            {
                path.stem
                for folder in folders
                for path in folder.glob("*.yaml")
                if _NAME.match(path.stem) and path.is_file()
            }
        )

    def _candidates(self, include: Include) -> Iterator[tuple[Path, str, Path]]:
        """Every file of that name: its path, its name in messages, and the folder it must not leave."""
        file = f"{include.group}/{include.name}.yaml"
        for library in self.libraries:
            path = library.folder / file
            if self._is_file(path):
                yield path, f"{library.name}:{file}" if library.name else self._show(path), library.folder
        near = (folder / f"{include.name}.yaml" for folder in (self._near() if include.group == PROFILE else []))
        own = next((path for path in near if self._is_file(path)), None)
        if own is not None:
            yield own, self._show(own), own.parent

    def _near(self) -> list[Path]:
        return [above / "profiles" for above in [self.folder, *self.folder.parents][:_LEVELS]]

    def _is_file(self, path: Path) -> bool:
        self.looked.append(path)
        return path.is_file()

    def _show(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def _refuse(self, include: Include, message: str, hint: str, *files: str) -> Node | None:
        """Reports why the file is not used, naming `files`; there is no tree of it."""
        also = tuple(Span(file, 1, 1) for file in files)
        self.found.append(Diagnostic("ML301", message, include.span, hint=hint, also=also))
        return None

    def _parse(self, path: Path, shown: str, include: Include) -> Node | None:
        try:
            text = self.texts[shown] = read_text(path, shown)
            node, found = parse_yaml(text, shown)
        except SpecError as error:
            self.found.extend(error.diagnostics)
            return self._refuse(include, f"{include.group} '{include.name}' cannot be read", f"see {shown}", shown)
        self.found.extend(found)
        return node
