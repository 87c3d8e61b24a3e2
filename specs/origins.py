"""Where every value of a composed spec came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mlspec.specs.diagnostics import Span


class Source(StrEnum):
    """The layer a value came from, lowest first."""

    DEFAULT = "default"
    PROFILE = "profile"
    SPEC = "spec"
    ENVIRONMENT = "environment"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Origin:
    """The layer of a value, its place (none for a built-in default), and the text of an override."""

    source: Source
    span: Span | None = None
    text: str = ""

    def __str__(self) -> str:
        return str(self.span) if self.span else self.text or str(self.source)


@dataclass(frozen=True)
class Origins:
    """Origins by dotted path (`gates.0.min`); a path that has none takes its nearest ancestor's.

    `history` holds, for a path that several layers set, all of them, lowest first; `finals` says, for a key that no
    layer may change any more, who holds it."""

    by_path: Mapping[str, Origin] = field(default_factory=dict)
    history: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    finals: Mapping[str, str] = field(default_factory=dict)

    def of(self, path: str) -> Origin:
        """The origin of `path`, or of its nearest ancestor, or the built-in default."""
        while path:
            if path in self.by_path:
                return self.by_path[path]
            path = path.rpartition(".")[0]
        return self.by_path.get("", Origin(Source.DEFAULT))
