"""A spec's file, its profiles, an environment's overlay and overrides -> one tree that knows where it came from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlspec.specs.defaults_list import SELF, Include, read_defaults
from mlspec.specs.diagnostics import Diagnostic, Span
from mlspec.specs.hydra_compose import PRIMARY, CompositionError, hydra_compose, resolve
from mlspec.specs.interpolation import REFERENCE, forbidden, problems, texts
from mlspec.specs.layers import Place, lay_at, lay_over, nearest_place, place, place_plain, without
from mlspec.specs.nearest import hint_for
from mlspec.specs.origins import Origin, Source
from mlspec.specs.overrides import Override, parse_overrides, profile_choice
from mlspec.specs.profiles import Profiles
from mlspec.specs.yaml_nodes import Node, parse_yaml, plain
from mlspec.specs.yaml_text import read_text

_CONSUMED = ("defaults", "environments", "hydra")
ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]\Z")
_OVERLAY = "overlay/chosen"


@dataclass(frozen=True)
class Layer:
    """One tree to be laid over those before it, under the name Hydra knows it by."""

    name: str
    source: Source
    node: Node


@dataclass
class Composed:
    """The tree, the places of its values, the overlays of all environments, the texts, and the mistakes so far."""

    tree: dict[str, Any]
    places: Place
    environments: Mapping[str, Node]
    texts: dict[str, str]
    found: list[Diagnostic]


def compose_spec(path: Path, environment: str, overrides: Sequence[str], known: Iterable[str]) -> Composed:
    """Compose the spec in `path`; `known` are the keys a spec can have. Raises SpecError when it cannot be read."""
    text = read_text(path, path.name)
    root, found = parse_yaml(text, path.name)
    profiles = Profiles(path.parent, {path.name: text})
    given = parse_overrides(overrides, known, found)
    environments = _environments(root, found)
    stack = _Stack(profiles, found)
    layers, configs = stack.build(root, profile_choice(given))
    overlay = _chosen(environments, environment, found)
    if overlay is not None:
        layers.append(Layer(_OVERLAY, Source.ENVIRONMENT, overlay))
    found.extend(_of_override(profiles.found, given))
    layers = [replace(layer, node=_refuse_resolvers(layer.node, found)) for layer in layers]
    edits = [override for override in given if override.path != ("profile",)]
    tree, edits = _compose(layers, configs, edits, found)
    places = _places(layers, edits)
    return Composed(_resolve(tree, places, found), places, environments, profiles.texts, found)


@dataclass
class _Stack:
    """Lists profiles and the spec in the order they are laid, each profile once, at its first place."""

    profiles: Profiles
    found: list[Diagnostic]

    def build(self, root: Node, choice: list[str] | None) -> tuple[list[Layer], dict[str, list[str]]]:
        """The layers, and the defaults list of each for Hydra; `choice` stands for the profiles the file names."""
        includes = read_defaults(_child(root, "defaults"), self.found)
        if choice is not None:
            includes = [*(Include(name, None) for name in choice), Include(SELF, None)]
        self.layers: list[Layer] = []
        self.configs: dict[str, list[str]] = {}
        self.seen: set[str] = set()
        self._add(Layer(PRIMARY, Source.SPEC, root), includes, "profile/", ())
        return self.layers, self.configs

    def _add(self, layer: Layer, includes: list[Include], prefix: str, trail: tuple[str, ...]) -> None:
        if hydra := _child(layer.node, "hydra"):
            message = "unknown key 'hydra': a spec cannot change how it is composed"
            self.found.append(Diagnostic("ML201", message, hydra.key, path="hydra"))
        listed = self.configs[layer.name] = []
        for include in includes:
            if include.name == SELF:
                listed.append(SELF)
                self.layers.append(replace(layer, node=_body(layer.node)))
            elif self._profile(include, trail):
                listed.append(prefix + include.name)

    def _profile(self, include: Include, trail: tuple[str, ...]) -> bool:
        if include.name in trail:
            circle = " -> ".join([*trail, include.name])
            self.found.append(Diagnostic("ML303", f"profiles go in a circle: {circle}", include.span, path="defaults"))
            return False
        if include.name in self.seen:
            return False
        self.seen.add(include.name)
        node = self.profiles.read(include.name, include.span)
        if node is None:
            return False
        if environments := _child(node, "environments"):
            message = "environments belong in a spec, not in a profile"
            self.found.append(Diagnostic("ML302", message, environments.key, path="environments"))
        layer = Layer(f"profile/{include.name}", Source.PROFILE, node)
        self._add(layer, read_defaults(_child(node, "defaults"), self.found), "", (*trail, include.name))
        return True


def _of_override(found: Iterable[Diagnostic], given: Iterable[Override]) -> list[Diagnostic]:
    """What is wrong with profiles, showing the override where one chose them."""
    text = next((override.text for override in given if override.path == ("profile",)), "")
    return [replace(one, line=text) if one.span is None else one for one in found]


def _child(node: Node, key: str) -> Node | None:
    return node.value.get(key) if isinstance(node.value, dict) else None


def _body(node: Node) -> Node:
    """The tree less the keys that composition itself consumes, and less `hydra`, which would steer Hydra."""
    items = node.value if isinstance(node.value, dict) else {}
    return replace(node, value={key: child for key, child in items.items() if key not in _CONSUMED})


def _environments(root: Node, found: list[Diagnostic]) -> dict[str, Node]:
    block = _child(root, "environments")
    if block is None or block.value is None:
        return {}
    if not isinstance(block.value, dict):
        message = "environments maps the name of an environment to what changes in it"
        found.append(Diagnostic("ML205", message, block.span, path="environments"))
        return {}
    overlays = {}
    for name, overlay in block.value.items():
        if not ENVIRONMENT.match(name):
            message = f"'{name[:60]}' cannot be the name of an environment"
            hint = "3 to 32 lower-case letters, digits and -, beginning with a letter"
            found.append(Diagnostic("ML208", message, overlay.key, f"environments.{name}", hint))
        elif isinstance(overlay.value, dict) or overlay.value is None:
            overlays[name] = replace(overlay, value=overlay.value or {})
        else:
            message = f"environment '{name}' is a mapping of what changes in it"
            found.append(Diagnostic("ML205", message, overlay.span, path=f"environments.{name}"))
    return overlays


def _chosen(environments: Mapping[str, Node], environment: str, found: list[Diagnostic]) -> Node | None:
    """The overlay of the environment; `dev` needs none."""
    if environment in environments:
        return environments[environment]
    if environment != "dev":
        hint = hint_for(environment, ["dev", *environments], "environments")
        place_of = next((node.key for node in environments.values()), None)
        found.append(Diagnostic("ML304", f"there is no environment '{environment}'", place_of, "environments", hint))
    return None


def _refuse_resolvers(node: Node, found: list[Diagnostic]) -> Node:
    """`node` with every interpolation that is not a plain path reported, and emptied so that nothing evaluates it."""
    value = node.value
    if isinstance(value, dict):
        return replace(node, value={key: _refuse_resolvers(child, found) for key, child in value.items()})
    if isinstance(value, tuple):
        return replace(node, value=tuple(_refuse_resolvers(child, found) for child in value))
    if isinstance(value, str) and forbidden(value):
        hint = "no resolvers: neither the environment nor the clock may change what a spec says"
        found.append(Diagnostic("ML307", "only ${key.path} can be interpolated", node.span, hint=hint))
        return replace(node, value=None)
    return node


def _compose(
    layers: list[Layer], configs: Mapping[str, list[str]], edits: list[Override], found: list[Diagnostic]
) -> tuple[dict[str, Any], list[Override]]:
    """The composed tree, and the overrides that went into it."""
    trees: dict[str, Any] = {}
    for layer in layers:
        body = plain(layer.node)
        assert isinstance(body, dict)
        trees[layer.name] = {**body, "defaults": [*configs.get(layer.name, [SELF])]}
    if _OVERLAY in trees:
        trees[PRIMARY]["defaults"].append(_OVERLAY)
    try:
        return hydra_compose(trees, [edit.hydra for edit in edits]), edits
    except CompositionError as error:
        if not edits:
            found.append(Diagnostic("ML310", f"the spec cannot be composed: {error}", layers[-1].node.span))
            return {}, []
    return _without_misfits(trees, edits, found)


def _without_misfits(
    trees: Mapping[str, Any], edits: list[Override], found: list[Diagnostic]
) -> tuple[dict[str, Any], list[Override]]:
    """Compose with one more override at a time, reporting each that does not fit."""
    tree, accepted = hydra_compose(trees, []), list[Override]()
    for edit in edits:
        try:
            tree = hydra_compose(trees, [*(one.hydra for one in accepted), edit.hydra])
            accepted.append(edit)
        except CompositionError as error:
            found.append(Diagnostic("ML306", f"override '{edit.text}' does not fit: {error}", line=edit.text))
    return tree, accepted


def _places(layers: list[Layer], edits: list[Override]) -> Place:
    root: Place | None = None
    for layer in layers:
        root = lay_over(root, place(layer.node, layer.source))
    assert root is not None
    for edit in edits:
        if edit.deletes:
            root = without(root, edit.path)
        else:
            root = lay_at(root, edit.path, place_plain(edit.value, Origin(Source.OVERRIDE, None, edit.text)))
    return root


def _resolve(tree: dict[str, Any], places: Place, found: list[Diagnostic]) -> dict[str, Any]:
    """`tree` with interpolations resolved, or emptied where that is not possible."""
    if not any(REFERENCE.search(text) for _, text in texts(tree)):
        return tree
    wrong = problems(tree)
    for path, message in wrong:
        origin = nearest_place(places, path.split(".")).origin
        found.append(Diagnostic("ML308", message, origin.span, path, line=origin.text))
    return _emptied(tree) if wrong else resolve(tree)


def _emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _emptied(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_emptied(child) for child in value]
    return None if isinstance(value, str) and REFERENCE.search(value) else value


def span_of(places: Place, path: Sequence[str], *, key: bool = False) -> tuple[Span | None, str]:
    """The span of the value at `path` (or of its key), and the override's text where that set it."""
    found = nearest_place(places, path)
    return (found.key if key and found.key else found.origin.span), found.origin.text
