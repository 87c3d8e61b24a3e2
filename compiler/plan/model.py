"""The plan: what an apply would do to each resource, and what that means, in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mlspec.specs.diagnostics import Diagnostic

Action = Literal["create", "update", "replace", "delete", "keep"]
REVIEWERS = ("security", "cost", "ml", "operations")
UNKNOWN = "(known after apply)"


@dataclass(frozen=True, slots=True)
class Change:
    """One property, by its path; values are as a reader sees them. `forces` says it cannot be changed in place."""

    path: str
    kind: Literal["add", "change", "remove"]
    old: Any = None
    new: Any = None
    forces: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one resource. `reason` says why, where the changes alone do not."""

    action: Action
    type: str
    name: str
    reviewer: str
    origin: str
    why: str
    changes: tuple[Change, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One consequence in words. `kind` is stable; a risk is what a reviewer must not overlook."""

    kind: str
    reviewer: str
    text: str
    origin: str = ""
    risk: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """The cloud a plan is for."""

    target: str = ""
    cloud: str = ""
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in the order an apply takes them. `bundle` is its digest, empty when everything is to be destroyed;
    `serial` and `lineage` are of the state it starts from, 0 and empty without one."""

    stack: str
    bundle: str
    serial: int
    lineage: str
    where: Where
    steps: tuple[Step, ...]
    meanings: tuple[Meaning, ...] = ()
    refusals: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> tuple[Step, ...]:
        """The steps that do something."""
        return tuple(step for step in self.steps if step.action != "keep")

    @property
    def empty(self) -> bool:
        """Whether an apply would do nothing."""
        return not self.changed

    @property
    def counts(self) -> Mapping[str, int]:
        """How many are added, changed and destroyed; a replacement is both added and destroyed."""
        actions = Counter(step.action for step in self.steps)
        return {
            "add": actions["create"] + actions["replace"],
            "change": actions["update"],
            "destroy": actions["delete"] + actions["replace"],
        }

    def by_reviewer(self) -> dict[str, tuple[Step, ...]]:
        """The steps that do something, by who reviews them; reviewers with none are left out."""
        groups = {who: tuple(step for step in self.changed if step.reviewer == who) for who in REVIEWERS}
        return {who: steps for who, steps in groups.items() if steps}

    def meanings_of(self, reviewer: str) -> tuple[Meaning, ...]:
        """The consequences one reviewer looks at."""
        return tuple(meaning for meaning in self.meanings if meaning.reviewer == reviewer)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a plan, for the rules that say what it means: the specs, the entries, the steps between them."""

    steps: tuple[Step, ...]
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    old_spec: Mapping[str, Any] | None = None
    new_spec: Mapping[str, Any] | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Where a value of the new spec, or its nearest ancestor, is written."""
        while path and path not in self.origins:
            path = path.rpartition(".")[0]
        return self.origins.get(path, "")
