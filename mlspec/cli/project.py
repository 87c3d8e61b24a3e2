"""A spec's place on disk: its `.mlspec` folder with compiled bundles, state, and the mocked cloud."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlspec.cli import bundle_cache
from mlspec.cli.options import chosen_library
from mlspec.cli.placing import placed, placing
from mlspec.compiler.bundle import Bundle

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked
    from mlspec.specs.diagnostics import Diagnostic
    from mlspec.targets.local.client import Cloud
    from mlspec.targets.local.engine import StateStore


@dataclass(frozen=True)
class Project:
    """One spec file, and what it is compiled under: environment, overrides, library (mlspec.toml's where empty)."""

    path: Path
    environment: str = "dev"
    overrides: tuple[str, ...] = ()
    library: str = ""

    @property
    def home(self) -> Path:
        """`.mlspec` beside the spec, or where $MLSPEC_HOME says."""
        chosen = os.environ.get("MLSPEC_HOME")
        return Path(chosen) if chosen else self.path.resolve().parent / ".mlspec"

    @cached_property
    def checked(self) -> "Checked":
        """The checked spec, files as its folder has them; raises SpecError, with files as they are from here."""
        from mlspec.cli.commit import commit_of
        from mlspec.specs.load import load_spec

        with placing(self.path.parent):
            return load_spec(
                self.path,
                environment=self.environment,
                overrides=self.overrides,
                library=self.library,
                commit=lambda: commit_of(self.path.parent),
            )

    @cached_property
    def bundle(self) -> Bundle:
        """The compiled bundle, from the cache when neither the spec, what it reads nor mlspec changed."""
        held = self.cached.bundle() if self.cached is not None else None
        return held if held is not None else self._compile()

    @property
    def digest(self) -> str:
        """The bundle's digest: of what is cached, only one line is read."""
        return self.cached.digest if self.cached is not None else self.bundle.digest

    @cached_property
    def cached(self) -> "bundle_cache.Entry | None":
        """What the cache holds for the spec as it is; a pipe or a device is not read to find out."""
        if not self.path.is_file():
            return None
        try:
            return bundle_cache.look_up(self._entry_file, self.path.parent)
        except OSError:  # a spec that cannot be read is told by the one who checks it
            return None

    @property
    def warnings(self) -> "tuple[Diagnostic, ...]":
        """What was advised when the bundle was compiled, with files as they are from here."""
        from mlspec.specs.render import read_entries

        told = self.cached.head["warnings"] if self.cached is not None else self.lock["warnings"]
        return placed(read_entries(told), self.path.parent)

    @cached_property
    def _entry_file(self) -> Path:
        settings = (self.environment, self.library, *self.overrides)
        return bundle_cache.entry_file(self.home, self.path, settings)

    @cached_property
    def lock(self) -> dict[str, Any]:
        """The bundle's `mlspec.lock`."""
        document: dict[str, Any] = json.loads(self.bundle.files["mlspec.lock"])
        return document

    @property
    def spec(self) -> dict[str, Any]:
        """The resolved spec, as plain values."""
        resolved: dict[str, Any] = self.lock["spec"]
        return resolved

    @property
    def stack(self) -> str:
        """`<name>-<environment>`."""
        return f"{self.spec['name']}-{self.environment}"

    def cloud(self, *, start: bool = False) -> "Cloud":
        """The mocked cloud beside this spec; raises SpecError when there is none and `start` is not asked."""
        from mlspec.specs.diagnostics import Diagnostic, SpecError
        from mlspec.targets.local import client

        found = client.start(self.home / "local") if start else client.connect(self.home / "local")
        if found is None:
            hint = f"start it: mlspec local start {self.path}"
            raise SpecError([Diagnostic("ML801", "no mocked cloud is running here", hint=hint)])
        return found

    def store(self, stack: str | None = None) -> "StateStore":
        """Where this stack's state is kept."""
        from mlspec.targets.local.engine import StateStore

        return StateStore(self.home / "state" / f"{stack or self.stack}.json")

    def write(self, folder: Path) -> None:
        """The bundle's files under `folder`, which is emptied first; packages built earlier stay."""
        import shutil

        if folder.exists():
            for entry in folder.iterdir():
                if entry.name != "packages":
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for path, content in self.bundle.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _compile(self) -> Bundle:
        from mlspec.targets.aws.compile import compile_spec, local_inputs

        checked = self.checked
        with placing(self.path.parent):
            bundle = compile_spec(checked, local_inputs(checked, self.path.parent))
        bundle_cache.remember(self._entry_file, bundle, self.checked, self.path.parent)
        return bundle


def project_of(path: Path, environment: str, overrides: Sequence[str]) -> Project:
    """The project of a spec file, with the library that the running command was told to use."""
    return Project(path, environment, tuple(overrides), chosen_library())
