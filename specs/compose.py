"""A spec's file, its profiles, an environment's overlay and overrides -> one tree that knows where it came from."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlspec.specs.commit import no_commit, read_commit
from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.edits import apply_edits
from mlspec.specs.environments import choose, read_environments
from mlspec.specs.finals import Held, broken_by_layer, broken_by_override, hold
from mlspec.specs.hydra_compose import resolve
from mlspec.specs.interpolation import (
    REFERENCE,
    depending,
    nowhere_hint,
    problems,
    refusal,
    refused_part,
    texts,
    written_as,
    written_out,
)
from mlspec.specs.layers import Place, find, lay_at, lay_over, merged, nearest_place, place, place_plain, walk, without
from mlspec.specs.origins import Lock, Origin, Setting, Source
from mlspec.specs.overrides import Override, group_choice, parse_overrides
from mlspec.specs.paths import path_in
from mlspec.specs.profiles import Profiles
from mlspec.specs.stack import Layer, Stack, child_of
from mlspec.specs.versions import check_version
from mlspec.specs.yaml_nodes import Node, parse_yaml, plain
from mlspec.specs.yaml_text import read_text


@dataclass(frozen=True)
class Composed:
    """The tree, the places of its values, the overlays of all environments, the texts, the mistakes so far, the keys
    that are final, what overrides removed, every path of a library that was looked at, there or not, where a library
    that is a package was found, the commit where the tree names it, and the paths of values that are not known because
    they are taken from where a mistake is; the layers below the environment's, and how many values the file holds."""

    tree: dict[str, Any]
    places: Place
    environments: Mapping[str, Node]
    texts: Mapping[str, str]
    found: list[Diagnostic]
    finals: Mapping[str, Lock] = field(default_factory=dict)
    removed: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    looked: tuple[Path, ...] = ()
    packages: Mapping[str, Path] = field(default_factory=dict)
    commit: str = ""
    unknown: frozenset[tuple[str, ...]] = frozenset()
    below: tuple[Layer, ...] = ()
    size: int = 1


@dataclass(frozen=True)
class Asked:
    """How a spec is to be composed: its environment, overrides, library (mlspec.toml's where empty), and who is asked
    for its commit (40 hexadecimal digits, `-dirty` behind them; raises SpecError), where a value names that."""

    environment: str = "dev"
    overrides: Sequence[str] = ()
    library: str = ""
    commit: Callable[[], str] = no_commit


def compose_spec(path: Path, asked: Asked, known: Iterable[str]) -> Composed:
    """Compose the spec in `path`; `known` are the keys a spec can have. Raises SpecError when it cannot be read."""
    text = read_text(path, path.name)
    root, found = parse_yaml(text, path.name)
    environment, overrides = asked.environment, asked.overrides
    if (version := child_of(root, "apiVersion")) is not None:
        check_version(version.value, version.span)
    profiles = Profiles(path.absolute().parent, asked.library, {path.name: text})
    given = parse_overrides(overrides, known, found)
    environments = read_environments(child_of(root, "environments"), found)
    below = Stack(profiles, found).build(root, group_choice(given))
    overlay = choose(environments, environment, found)
    found.extend(_of_override(profiles.found, given))
    below = [replace(layer, node=_without_resolvers(layer.node, found)) for layer in below]
    layers = below if overlay is None else [*below, _overlay(overlay, found)]
    edits = [override for override in given if not override.chooses]
    _hold_others(layers, [node for name, node in environments.items() if name != environment], found)
    tree, held = _merge(layers, found)
    tree, edits = apply_edits(tree, edits, found)
    broken_by_override(tree, edits, held, found)
    places, removed = _places(layers, edits)
    commit = read_commit(tree, places, asked.commit, found)
    known_names = {"env.name": environment if environment in environments else "dev", "git.commit": commit}
    tree, unknown = _resolved(written_out(tree, known_names), places, found)
    return Composed(
        tree,
        places,
        environments,
        profiles.texts,
        found,
        finals={one.lock.key: one.lock for one in held},
        removed=removed,
        looked=tuple(dict.fromkeys(profiles.looked)),
        packages=profiles.packages,
        commit=commit,
        unknown=unknown,
        below=tuple(below),
        size=root.size,
    )


def compose_elsewhere(composed: Composed, environment: str) -> Composed:
    """What the spec is in another of its environments, as far as mistakes can be found in that: without overrides, and
    with a commit that stands for any."""
    found: list[Diagnostic] = []
    layers = [*composed.below, _overlay(composed.environments[environment], found)]
    tree, _ = _merge(layers, [])
    places, _ = _places(layers, [])
    known = {"env.name": environment, "git.commit": composed.commit or "0" * 40}
    tree, unknown = _resolved(written_out(tree, known), places, found)
    return replace(composed, tree=tree, places=places, found=found, unknown=unknown)


def _overlay(node: Node, found: list[Diagnostic]) -> Layer:
    return Layer(Source.ENVIRONMENT, _without_resolvers(node, found))


def _of_override(found: Iterable[Diagnostic], given: Iterable[Override]) -> list[Diagnostic]:
    """What is wrong with profiles, showing the override where one chose them."""
    text = next((override.text for override in given if override.chooses), "")
    return [replace(one, line=one.line or text) if one.span is None else one for one in found]


def _without_resolvers(node: Node, found: list[Diagnostic]) -> Node:
    """`node` with every interpolation that is not a plain path reported, and emptied so that nothing evaluates it."""
    value = node.value
    if isinstance(value, dict):
        return replace(node, value={key: _without_resolvers(child, found) for key, child in value.items()})
    if isinstance(value, tuple):
        return replace(node, value=tuple(_without_resolvers(child, found) for child in value))
    if isinstance(value, str) and (why := refusal(value)):
        part = refused_part(value)
        message, hint = "only ${key.path} can be interpolated", refusal(part) or why
        found.append(Diagnostic("ML307", message, node.span, hint=hint, part=_part(value, part)))
        return replace(node, value=None)
    return node


def _merge(layers: Iterable[Layer], found: list[Diagnostic]) -> tuple[dict[str, Any], list[Held]]:
    """The layers as one tree: what Hydra makes of the same defaults lists, without the 300 ms it takes to import; and
    what is final in it, after telling which layers would change that."""
    tree: Any = {}
    held: list[Held] = []
    for layer in layers:
        changed = merged(tree, plain(layer.node))
        kept = [one for one in held if not one.changed(tree)]
        broken_by_layer(changed, layer.node, kept, found, by_library=layer.source is Source.PROFILE)
        tree = changed
        held += hold(tree, layer.finals, found)
    return dict(tree), [one for one in held if not one.changed(tree)]


def _hold_others(layers: Iterable[Layer], overlays: Iterable[Node], found: list[Diagnostic]) -> None:
    """Tells what the overlays of other environments change that is final: a spec is checked before any is deployed."""
    below = [layer for layer in layers if layer.source is not Source.ENVIRONMENT]
    if not any(layer.finals for layer in below):
        return
    tree, held = _merge(below, [])
    for overlay in overlays:
        broken_by_layer(merged(tree, plain(overlay)), overlay, held, found)


def _places(layers: Iterable[Layer], edits: Iterable[Override]) -> tuple[Place, dict[str, tuple[Setting, ...]]]:
    """The places of the tree, and what was said of the keys that overrides removed from it."""
    removed: dict[str, tuple[Setting, ...]] = {}
    root = Place(Origin(Source.DEFAULT), children={}, mapping=True)
    for layer in layers:
        root = lay_over(root, place(layer.node, layer.source))
    for edit in edits:
        origin = Origin(Source.OVERRIDE, None, edit.text)
        if edit.deletes:
            gone = find(root, edit.path)
            below = walk(gone, ".".join(edit.path)) if gone else ()
            removed |= {key: (*was.history, Setting(origin, removed=True)) for key, was in below}
            root = without(root, edit.path)
        else:
            root = lay_at(root, edit.path, place_plain(edit.value, origin))
    return root, removed


def _resolved(
    tree: dict[str, Any], places: Place, found: list[Diagnostic]
) -> tuple[dict[str, Any], frozenset[tuple[str, ...]]]:
    """`tree` with interpolations resolved, and the paths that are emptied, because what they name cannot be known."""
    if not any(REFERENCE.search(text) for _, text in texts(tree)):
        return tree, frozenset()
    wrong = problems(tree)
    for fault in wrong:
        path = path_in(tree, fault.path)
        place = nearest_place(places, path)
        said = place.history[-1].value if place.history else None
        part = _part(said, written_as(said, fault.reference, path)) if isinstance(said, str) else ""
        hint = nowhere_hint(tree, fault.message, fault.path) if "nowhere" in fault.message else ""
        origin = place.origin
        found.append(Diagnostic("ML308", fault.message, origin.span, fault.path, hint, origin.text, part=part))
    unknown = depending(tree, wrong)
    return resolve(_emptied(tree, unknown)), frozenset(path_in(tree, path) for path in unknown)


def _part(text: str, written: str) -> str:
    """What of `text` is to be pointed at: nothing less than it, where it is nothing else."""
    return "" if written == text else written


def _emptied(value: Any, unknown: Container[str], path: str = "") -> Any:
    """`value` with nothing in the place of the texts at those paths."""
    if isinstance(value, dict):
        return {key: _emptied(child, unknown, f"{path}.{key}" if path else key) for key, child in value.items()}
    if isinstance(value, list):
        return [_emptied(child, unknown, f"{path}.{index}") for index, child in enumerate(value)]
    return None if path in unknown else value
