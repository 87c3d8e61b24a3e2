"""A spec's tree and the library files it names -> the layers it is made of, lowest first, each file once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlspec.specs.defaults_list import PROFILE, SELF, Include, chosen, read_defaults
from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.finals import Final, read_finals
from mlspec.specs.origins import Source
from mlspec.specs.profiles import Profiles
from mlspec.specs.yaml_nodes import Node

DEEPEST = 24  # files over files: a library that needs more cannot be followed by a reader either
_CONSUMED = ("defaults", "environments", "final", "hydra")


@dataclass(frozen=True, slots=True)
class Layer:
    """One tree to be laid over those before it, and what it holds final from there on."""

    source: Source
    node: Node
    finals: tuple[Final, ...] = ()


@dataclass
class Stack:
    """Follows defaults lists as Hydra does: depth first, a file where its `_self_` stands. A profile named again keeps
    its first place, so that what two profiles share cannot undo what the first of them made stricter."""

    profiles: Profiles
    found: list[Diagnostic]
    layers: list[Layer] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def build(self, root: Node, choice: Mapping[str, list[str]]) -> list[Layer]:
        """The layers; what the command line chooses of a group stands for what the file names of it."""
        includes = read_defaults(child_of(root, "defaults"), self.found)
        for group, names in choice.items():
            includes = chosen(includes, group, names)
        includes = [*self.profiles.required, *includes]  # below all else, so that nothing is laid before they hold it
        if final := child_of(root, "final"):
            hint = "a spec may change its own mind; what it must not change, its profiles say"
            self.found.append(
                Diagnostic("ML311", "final belongs in a library, not in a spec", final.key, "final", hint)
            )
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
        label = include.label
        if label in trail:
            circle = " -> ".join([*trail, label])
            message = f"profiles go in a circle: {circle}"
            self.found.append(Diagnostic("ML303", message, include.span, path="defaults"))
        if label in self.seen:
            return
        if len(trail) >= DEEPEST:
            message = f"files of libraries are laid over each other more than {DEEPEST} deep"
            self.found.append(Diagnostic("ML303", message, include.span, path="defaults"))
            return
        self.seen.add(label)
        node = self.profiles.read(include)
        if node is None:
            return
        if environments := child_of(node, "environments"):
            message = "environments belong in a spec, not in a profile"
            self.found.append(Diagnostic("ML302", message, environments.key, path="environments"))
        node = self._of_group(node, include)
        finals = read_finals(child_of(node, "final"), f"{include.group} '{include.name}'", self.found)
        includes = read_defaults(child_of(node, "defaults"), self.found)
        self._add(Layer(Source.PROFILE, node, finals), includes, (*trail, label))

    def _of_group(self, node: Node, include: Include) -> Node:
        """The file without the keys that its group has no say in: `serving/small.yaml` sets serving alone."""
        if include.group == PROFILE or not isinstance(node.value, dict):
            return node
        allowed = (include.group, *_CONSUMED)
        for key, child in node.value.items():
            if key not in allowed:
                message = f"a file of the group {include.group} cannot set '{key}'"
                hint = f"it sets {include.group}; what belongs together across blocks is a profile"
                self.found.append(Diagnostic("ML313", message, child.key, key, hint))
        return replace(node, value={key: child for key, child in node.value.items() if key in allowed})


def child_of(node: Node, key: str) -> Node | None:
    """The value under `key`, where `node` is a mapping that has it."""
    return node.value.get(key) if isinstance(node.value, dict) else None


def _body(node: Node) -> Node:
    """The tree less the keys that composition itself consumes."""
    items = node.value if isinstance(node.value, dict) else {}
    return replace(node, value={key: child for key, child in items.items() if key not in _CONSUMED})
