"""The name of a profile -> its text: from the shipped library, or from a `profiles` folder at or above the spec."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.nearest import hint_for
from mlspec.specs.yaml_nodes import Node, parse_yaml
from mlspec.specs.yaml_text import read_text

SHIPPED = Path(__file__).parent / "library"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_LEVELS = 4  # the spec's folder and three above it: a repository of models keeps one set of profiles


@dataclass
class Profiles:
    """Reads profiles for a spec in `folder`, and keeps the texts for diagnostics."""

    folder: Path
    texts: dict[str, str] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)

    def read(self, name: str, span: Span | None) -> Node | None:
        """The profile's tree, or None after reporting why there is none."""
        if not _NAME.match(name):
            hint = "a profile is named by letters, digits, - and _; it is no path"
            self.found.append(Diagnostic("ML301", f"'{name[:80]}' is not the name of a profile", span, hint=hint))
            return None
        shipped, own = SHIPPED / f"{name}.yaml", self._own(name)
        if shipped.is_file() and own:
            message = f"profile '{name}' is shipped, and there is another in {self._show(own)}"
            self.found.append(Diagnostic("ML301", message, span, hint="give yours a name of its own"))
            return None
        if shipped.is_file():
            return self._parse(shipped, f"mlspec:{name}.yaml")
        if own:
            return self._parse(own, self._show(own))
        hint = hint_for(name, self.names(), "profiles")
        self.found.append(Diagnostic("ML301", f"there is no profile '{name}'", span, hint=hint))
        return None

    def names(self) -> list[str]:
        """All profiles a spec in this folder can name."""
        folders = [SHIPPED, *self._folders()]
        return sorted({path.stem for folder in folders for path in folder.glob("*.yaml") if _NAME.match(path.stem)})

    def _folders(self) -> list[Path]:
        return [above / "profiles" for above in [self.folder, *self.folder.parents][:_LEVELS]]

    def _own(self, name: str) -> Path | None:
        return next((path for folder in self._folders() if (path := folder / f"{name}.yaml").is_file()), None)

    def _show(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def _parse(self, path: Path, shown: str) -> Node | None:
        try:
            text = self.texts[shown] = read_text(path, shown)
            node, found = parse_yaml(text, shown)
        except SpecError as error:
            self.found.extend(error.diagnostics)
            return None
        self.found.extend(found)
        return node
