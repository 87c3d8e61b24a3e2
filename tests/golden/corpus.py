"""The golden corpus: each folder with a spec.yaml is a case, beside it what the spec becomes.

case.json may hold {"environment", "overrides", "show": [globs of the bundle's files that are kept]}. A case either has
expected/ (files of the bundle) or expected.txt (the diagnostics). Vendored modules, locked requirements and mlspec.lock
are not kept, and digests of units are written as <unit>: they follow the runtime, not the spec."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from typing import Any

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.entries import lock_of
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.render import render_text
from mlspec.targets.aws.compile import compile_spec, local_inputs

ROOT = Path(__file__).parent
SHIPPED = "mlspec.specs:"
_LEFT_OUT = ("code/*/mlspec/*", "code/*/requirements.txt", "mlspec.lock")


@dataclass(frozen=True)
class Case:
    """One case, by its folder."""

    folder: Path
    environment: str
    overrides: tuple[str, ...]
    show: tuple[str, ...]

    @property
    def spec(self) -> Path:
        """The spec, which may lie elsewhere, as an example does, or ship with the package, as a template does."""
        link = self.folder / "spec.path"
        if not link.exists():
            return self.folder / "spec.yaml"
        said = link.read_text().strip()
        base = self.folder if not said.startswith(SHIPPED) else Path(str(files("mlspec.specs")))
        return (base / said.removeprefix(SHIPPED)).resolve()

    def compile(self) -> Bundle:
        """What the case becomes; raises SpecError."""
        checked = load_spec(self.spec, environment=self.environment, overrides=self.overrides)
        return compile_spec(checked, local_inputs(checked, self.spec.parent))


def cases() -> Iterator[Case]:
    """All cases, by name."""
    for folder in sorted(path for path in ROOT.iterdir() if path.is_dir()):
        if (folder / "spec.yaml").exists() or (folder / "spec.path").exists():
            settings = folder / "case.json"
            said: dict[str, Any] = json.loads(settings.read_text()) if settings.exists() else {}
            overrides, show = tuple(said.get("overrides", ())), tuple(said.get("show", ("*",)))
            yield Case(folder, said.get("environment", "dev"), overrides, show)


def made(case: Case) -> dict[str, bytes]:
    """The golden files of a case as they would be now, by path from its folder."""
    try:
        bundle = case.compile()
    except SpecError as error:
        return {"expected.txt": (render_text(error.diagnostics) + "\n").encode()}
    return {f"expected/{path}": held for path, held in _kept(case, bundle)}


def kept(case: Case) -> dict[str, bytes]:
    """The golden files of a case as they are."""
    files = [*(case.folder / "expected").rglob("*"), case.folder / "expected.txt"]
    return {path.relative_to(case.folder).as_posix(): path.read_bytes() for path in sorted(files) if path.is_file()}


def _kept(case: Case, bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    units: Mapping[str, str] = lock_of(bundle)["units"]
    for path, held in bundle.files.items():
        if any(fnmatch(path, glob) for glob in case.show) and not any(fnmatch(path, glob) for glob in _LEFT_OUT):
            yield path, _without_digests(held.decode(), units).encode()


def _without_digests(text: str, units: Mapping[str, str]) -> str:
    for unit, digest in units.items():
        text = re.sub(f"{digest}|{digest[:16]}", f"<{unit}>", text)
    return text
