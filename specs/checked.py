"""The checked spec together with where each of its values came from: what every later stage reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlspec.specs.models import Spec
from mlspec.specs.origins import Origins


@dataclass(frozen=True)
class Checked:
    """`texts` holds each source file's text by the name spans use; file names are relative to the spec's folder."""

    spec: Spec
    origins: Origins
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def resolved(self) -> dict[str, Any]:
        """The spec as plain JSON values, defaults filled in, quantities in their shortest text."""
        return self.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
