"""The checked spec together with where each of its values came from: what every later stage reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.models import Spec
from mlspec.specs.origins import Origins


@dataclass(frozen=True)
class Checked:
    """`texts` holds each source file's text by the name spans use; file names are relative to the spec's folder.
    `warnings` are about what is allowed and rarely meant. `looked` are the paths that composition looked at, those that
    were not there too, `packages` where a library that is a package was found, and `commit` what `${git.commit}` was,
    where that was asked: while none of these changes, and the spec does not, neither does this."""

    spec: Spec
    origins: Origins
    texts: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    looked: tuple[Path, ...] = field(default=(), compare=False)
    packages: Mapping[str, Path] = field(default_factory=dict, compare=False)
    commit: str = ""

    @property
    def resolved(self) -> dict[str, Any]:
        """The spec as plain JSON values, defaults filled in, quantities in their shortest text."""
        return self.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
