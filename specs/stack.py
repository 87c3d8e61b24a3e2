"""A spec's tree and the profiles it names -> the layers it is made of, lowest first, each profile once."""

from dataclasses import dataclass, field, replace

from mlspec.specs.defaults_list import SELF, Include, read_defaults
from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.origins import Source
from mlspec.specs.profiles import Profiles
from mlspec.specs.yaml_nodes import Node

_CONSUMED = ("defaults", "environments", "hydra")


@dataclass(frozen=True, slots=True)
class Layer:
    """One tree to be laid over those before it."""

    source: Source
    node: Node


@dataclass
class Stack:
    """Follows defaults lists as Hydra does: depth first, a file where its `_self_` stands. A profile named again keeps
    its first place, so that what two profiles share cannot undo what the first of them made stricter."""

    profiles: Profiles
    found: list[Diagnostic]
    layers: list[Layer] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def build(self, root: Node, choice: list[str] | None) -> list[Layer]:
        """The layers; `choice`, where the command line makes one, stands for the profiles the file names."""
        includes = read_defaults(child_of(root, "defaults"), self.found)
        if choice is not None:
            includes = [*(Include(name, None) for name in choice), Include(SELF, None)]
        self._add(Layer(Source.SPEC, root), includes, ())
        return self.layers

    def _add(self, layer: Layer, includes: list[Include], trail: tuple[str, ...]) -> None:
        if hydra := child_of(layer.node, "hydra"):
            message = "unknown key 'hydra': a spec cannot change how it is composed"
            self.found.append(Diagnostic("ML201", message, hydra.key, path="hydra"))
        for include in includes:
            if include.name == SELF:
                self.layers.append(replace(layer, node=_body(layer.node)))
            else:
                self._include(include, trail)

    def _include(self, include: Include, trail: tuple[str, ...]) -> None:
        if include.name in trail:
            circle = " -> ".join([*trail, include.name])
            message = f"profiles go in a circle: {circle}"
            self.found.append(Diagnostic("ML303", message, include.span, path="defaults"))
        if include.name in self.seen:
            return
        self.seen.add(include.name)
        node = self.profiles.read(include.name, include.span)
        if node is None:
            return
        if environments := child_of(node, "environments"):
            message = "environments belong in a spec, not in a profile"
            self.found.append(Diagnostic("ML302", message, environments.key, path="environments"))
        includes = read_defaults(child_of(node, "defaults"), self.found)
        self._add(Layer(Source.PROFILE, node), includes, (*trail, include.name))


def child_of(node: Node, key: str) -> Node | None:
    """The value under `key`, where `node` is a mapping that has it."""
    return node.value.get(key) if isinstance(node.value, dict) else None


def _body(node: Node) -> Node:
    """The tree less the keys that composition itself consumes."""
    items = node.value if isinstance(node.value, dict) else {}
    return replace(node, value={key: child for key, child in items.items() if key not in _CONSUMED})
