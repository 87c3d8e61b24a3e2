"""A spec that may be broken in places -> each part of it that is right by itself, for rules across parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from mlspec.specs.models import (
    Block,
    Column,
    DataCheck,
    Gate,
    Monitor,
    Notify,
    Retraining,
    Rollout,
    Serving,
    Spec,
    Split,
    Tune,
    Waiver,
)
from mlspec.specs.nearest import nearest

Task = Literal["binary", "multiclass", "regression"]
NUMBERS = ("int", "float")
_Part = TypeVar("_Part", bound=Block)


@dataclass(frozen=True)
class View:
    """Parts by name or position; `roles` are those of all columns, right or not; None is a part absent or broken."""

    tree: Mapping[str, Any]
    environments: tuple[str, ...]
    columns: Mapping[str, Column]
    roles: Mapping[str, str]
    gates: Mapping[int, Gate]
    monitors: Mapping[int, Monitor]
    checks: Mapping[int, DataCheck]
    split: Split | None
    rollout: Rollout | None
    retraining: Retraining | None
    tune: Tune | None
    waivers: Mapping[int, Waiver] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)  # of the files beside the spec that it names
    serving: Serving | None = None
    notify: Notify | None = None

    def named(self, role: str) -> list[str]:
        """The columns with that role, in order."""
        return [name for name, found in self.roles.items() if found == role]

    @property
    def all_roles(self) -> bool:
        """Whether the role of every column can be read: then one that no column has is missing, and not misspelt."""
        columns = _mapping(self.at("data", "columns"))
        return bool(self.roles) and all(name in self.columns or _has_role(columns.get(name)) for name in self.roles)

    @property
    def features(self) -> dict[str, Column]:
        """The features that are right by themselves, in order."""
        return {name: column for name, column in self.columns.items() if self.roles.get(name) == "feature"}

    def unread(self, block: Literal["gates", "monitors"]) -> bool:
        """Whether some of the list cannot be read: then what it lacks is not known."""
        items = self.tree.get(block, ())
        parts: Mapping[int, Block] = self.gates if block == "gates" else self.monitors
        return not isinstance(items, tuple) or len(items) != len(parts)

    def at(self, *path: str) -> Any:
        """What the tree has at a path of keys; None where that is nothing."""
        value: Any = self.tree
        for part in path:
            value = _mapping(value).get(part)
        return value

    @property
    def task(self) -> Task | None:
        """What is learned, when the label is right by itself; of several, when all are numbers."""
        labels = self.named("label")
        if len(labels) > 1:
            numbers = all(name in self.columns and self.columns[name].type in NUMBERS for name in labels)
            return "regression" if numbers else None
        label = self.columns.get(labels[0]) if labels else None
        if label is None or label.type in (None, "string", "datetime"):
            return None
        if label.type == "bool" or (label.type == "category" and len(label.values) == 2):
            return "binary"
        return "multiclass" if label.type == "category" else "regression"


def view_of(tree: Mapping[str, Any], environments: tuple[str, ...]) -> View:
    """The parts of the composed tree (lists as tuples)."""
    data, training = _mapping(tree.get("data")), _mapping(tree.get("training"))
    columns = _mapping(data.get("columns"))
    return View(
        tree=tree,
        environments=environments,
        columns={name: part for name, raw in columns.items() if (part := _part(Column, raw))},
        roles={name: str(_mapping(raw).get("role", "feature")) for name, raw in columns.items()},
        gates=_numbered(Gate, tree.get("gates")),
        monitors=_numbered(Monitor, tree.get("monitors")),
        checks=_numbered(DataCheck, data.get("checks")),
        split=_part(Split, data.get("split", {})),
        rollout=_part(Rollout, tree.get("rollout", {})),
        retraining=_part(Retraining, tree.get("retraining")),
        tune=_part(Tune, training.get("tune")),
        waivers=_numbered(Waiver, _mapping(tree.get("governance")).get("waivers")),
        serving=_part(Serving, tree.get("serving", {})),
        notify=_part(Notify, tree.get("notify", {})),
    )


def view_of_spec(spec: Spec, tree: Mapping[str, Any], environments: tuple[str, ...]) -> View:
    """The same of a spec that is right in all its parts."""
    return View(
        tree=tree,
        environments=environments,
        columns=spec.data.columns,
        roles={name: column.role for name, column in spec.data.columns.items()},
        gates=dict(enumerate(spec.gates)),
        monitors=dict(enumerate(spec.monitors)),
        checks={i: check for i, check in enumerate(spec.data.checks) if isinstance(check, DataCheck)},
        split=spec.data.split,
        rollout=spec.rollout,
        retraining=spec.retraining,
        tune=spec.training.tune,
        waivers=dict(enumerate(spec.governance.waivers)),
        serving=spec.serving,
        notify=spec.notify,
    )


_ROLES = ("feature", "label", "ignore", "id", "time")


def _has_role(raw: Any) -> bool:
    """Whether a column that cannot be read says its role all the same, or leaves it out."""
    known = isinstance(raw, Mapping) and raw.get("role", "feature") in _ROLES
    return known and not any(nearest(key, ("role",)) for key in raw if key != "role")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _numbered(model: type[_Part], items: Any) -> dict[int, _Part]:
    if not isinstance(items, tuple):
        return {}
    return {index: part for index, raw in enumerate(items) if (part := _part(model, raw))}


def _part(model: type[_Part], raw: Any) -> _Part | None:
    from pydantic import ValidationError

    if not isinstance(raw, Mapping):
        return None
    try:
        return model.model_validate(dict(raw))
    except ValidationError:
        return None
