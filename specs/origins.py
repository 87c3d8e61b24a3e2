"""Where every value of a composed spec came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Setting:
    """What one layer says a value is. `node` is that as it was read; where `removed`, the layer takes it away."""

    origin: Origin
    node: Any = None
    removed: bool = False

    @property
    def value(self) -> Any:
        """The value without places, interpolations as they were written."""
        from mlspec.specs.yaml_nodes import Node, plain  # a plan has origins and reads no YAML

        return plain(self.node) if isinstance(self.node, Node) else self.node


@dataclass(frozen=True, slots=True)
class Lock:
    """A key that no layer may change any more, who holds it (`profile 'strict'`), and the place that says so."""

    key: str
    owner: str
    span: Span


@dataclass(frozen=True)
class Origins:
    """Origins by dotted path (`gates.0.min`); a path that has none takes its nearest ancestor's.

    `history` holds, for each path that a layer set, what each of them said, lowest first; `finals` are the locks, by
    key."""

    by_path: Mapping[str, Origin] = field(default_factory=dict)
    history: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    finals: Mapping[str, Lock] = field(default_factory=dict)

    def of(self, path: str) -> Origin:
        """The origin of `path`, or of its nearest ancestor, or the built-in default."""
        while path:
            if path in self.by_path:
                return self.by_path[path]
            path = path.rpartition(".")[0]
        return self.by_path.get("", Origin(Source.DEFAULT))

    def lock_of(self, path: str) -> Lock | None:
        """The lock that holds `path`, its own or that of a key above it."""
        while path:
            if path in self.finals:
                return self.finals[path]
            path = path.rpartition(".")[0]
        return None
