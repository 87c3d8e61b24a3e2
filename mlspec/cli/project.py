"""A spec's place on disk: its `.mlspec` folder with compiled bundles, state, and the mocked cloud."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlspec
from mlspec.compiler.bundle import Bundle

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked
    from mlspec.targets.local.client import Cloud
    from mlspec.targets.local.engine import StateStore


_CACHED = 24  # bundles kept beside a spec


@dataclass(frozen=True)
class Project:
    """One spec file with the environment and overrides it is compiled under."""

    path: Path
    environment: str = "dev"
    overrides: tuple[str, ...] = ()

    @property
    def home(self) -> Path:
        """`.mlspec` beside the spec, or where $MLSPEC_HOME says."""
        chosen = os.environ.get("MLSPEC_HOME")
        return Path(chosen) if chosen else self.path.resolve().parent / ".mlspec"

    @cached_property
    def checked(self) -> "Checked":
        """The checked spec; raises SpecError."""
        from mlspec.specs.load import load_spec

        return load_spec(self.path, environment=self.environment, overrides=self.overrides)

    @cached_property
    def bundle(self) -> Bundle:
        """The compiled bundle, from the cache when neither the spec, its inputs nor mlspec changed."""
        cached = self._cached()
        return cached if cached is not None else self._compile()

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

    def _key(self) -> str:
        parts = [self.path.name, self.environment, *self.overrides, mlspec.__version__, _own_state()]
        digest = hashlib.sha256("\0".join(parts).encode())
        digest.update(self.path.read_bytes())
        return digest.hexdigest()[:32]

    def _cached(self) -> Bundle | None:
        """The bundle in the cache's one file: a line that lists names and sizes, then the bytes, one after another."""
        try:
            head, _, content = (self.home / "cache" / self._key()).read_bytes().partition(b"\n")
            listed = json.loads(head)
            if any(_digest(self.path.parent / name) != digest for name, digest in listed["inputs"].items()):
                return None
            ends = list(accumulate(listed["files"].values(), initial=0))
            if ends[-1] != len(content):
                return None
            return Bundle({name: content[ends[n] : ends[n + 1]] for n, name in enumerate(listed["files"])})
        except (OSError, ValueError, KeyError):
            return None

    def _compile(self) -> Bundle:
        from mlspec.targets.aws.compile import compile_spec, local_inputs

        inputs = local_inputs(self.checked, self.path.parent)
        bundle = compile_spec(self.checked, inputs)
        self._remember(bundle, inputs)
        return bundle

    def _remember(self, bundle: Bundle, inputs: dict[str, bytes]) -> None:
        """A cache that cannot be written costs time, not the command."""
        target = self.home / "cache" / self._key()
        partial = target.with_name(f"{target.name}.{os.getpid()}")
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in inputs.items()}
        listed = {"inputs": digests, "files": {name: len(content) for name, content in bundle.files.items()}}
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(b"\n".join([json.dumps(listed).encode(), b"".join(bundle.files.values())]))
            partial.replace(target)
            for old in sorted(target.parent.iterdir(), key=lambda entry: entry.stat().st_mtime)[:-_CACHED]:
                old.unlink(missing_ok=True)
        except OSError:
            return


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _own_state() -> str:
    """Changes whenever a file of the installed mlspec does, so that no stale bundle outlives an upgrade."""
    root = Path(mlspec.__file__).parent
    newest = 0
    for folder in ("specs", "compiler", "runtime", "targets/aws"):
        for directory, _, names in os.walk(root / folder):
            newest = max(
                [newest, *(os.stat(os.path.join(directory, n)).st_mtime_ns for n in names if n[-4:] != ".pyc")]
            )
    return str(newest)


def project_of(path: Path, environment: str, overrides: Sequence[str]) -> Project:
    """The project of a spec file."""
    return Project(path, environment, tuple(overrides))
