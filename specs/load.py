"""A spec file -> the checked spec, or every mistake in it at once."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlspec.specs.check import check_tree, with_tuples
from mlspec.specs.checked import Checked
from mlspec.specs.commit import no_commit
from mlspec.specs.compose import Asked, Composed, compose_elsewhere, compose_spec
from mlspec.specs.diagnostics import Diagnostic, Severity, Span, SpecError
from mlspec.specs.keys import is_closed, kinds_at, known_keys
from mlspec.specs.layers import UNFILLED, Place, find, nearest_place, origins_of
from mlspec.specs.models import Spec
from mlspec.specs.modules import module_file, read_module
from mlspec.specs.nearest import hint_for
from mlspec.specs.origins import Origin, Origins, Source
from mlspec.specs.pinpoint import pinpoint
from mlspec.specs.rules import check_rules
from mlspec.specs.rules_advice import advise
from mlspec.specs.view import View, view_of, view_of_spec
from mlspec.specs.wording import Wording, misplaced
from mlspec.specs.yaml_nodes import Node
from mlspec.specs.yaml_text import split_lines

KEYS = tuple(field.alias or name for name, field in Spec.model_fields.items() if name != "environment")


def load_spec(
    path: Path,
    *,
    environment: str = "dev",
    overrides: Sequence[str] = (),
    library: str = "",
    commit: Callable[[], str] = no_commit,
) -> Checked:
    """Read, compose and check the spec in `path`, with the team's library named by mlspec.toml, or by `library` (a
    folder or a package); `commit` is asked only where a value names `${git.commit}`. Raises SpecError with every
    diagnostic there is."""
    path = Path(path)
    try:
        composed = _with_module(compose_spec(path, Asked(environment, overrides, library, commit), KEYS), path)
        spec, view = _check(composed, environment)
    except SpecError as error:
        raise SpecError(with_lines(error.diagnostics, _texts(path))) from None
    warned = _warnings(view, composed, whole=spec is not None)
    warnings = tuple(with_lines(SpecError([*composed.found, *warned]).diagnostics, composed.texts))
    if spec is None:
        raise SpecError(warnings)
    return Checked(
        spec,
        _origins(composed, spec),
        composed.texts,
        warnings,
        composed.looked,
        composed.packages,
        composed.commit,
    )


def _with_module(composed: Composed, path: Path) -> Composed:
    """With the text of the Python file that the estimator is in, where it is the user's own."""
    training, folder = composed.tree.get("training"), path.absolute().parent
    texts = read_module(training, folder)
    name = module_file(training)
    looked = (*composed.looked, folder / name) if name else composed.looked
    return replace(composed, texts={**composed.texts, **texts}, looked=looked)


def _warnings(view: View, composed: Composed, *, whole: bool) -> Iterator[Diagnostic]:
    """Advice on what the spec says; of a broken one on what is there and right, for what is missing may be misspelt."""
    told = {one.span for one in composed.found}
    for wording in advise(view):
        if whole or find(composed.places, wording.at) is not None:
            one = replace(_diagnostic(wording, composed.places), severity=Severity.WARNING)
            if one.span is None or one.span not in told:
                yield one


def _check(composed: Composed, environment: str) -> tuple[Spec | None, View]:
    """The spec, when nothing is wrong with it, and its parts; what is wrong is added to what composition found."""
    given = [*_environment_key(composed), *_unfilled(composed.tree, composed.places)]
    known = environment == "dev" or environment in composed.environments  # another one has been told already
    told = _told([*composed.found, *given])
    spec, view, judged = _judge(composed, environment if known else "dev", told)
    found = [_diagnostic(wording, composed.places) for wording in judged]
    composed.found.extend(given)
    composed.found.extend(diagnostic for diagnostic in found if diagnostic.span not in told)
    composed.found.extend(_overlay_keys(composed.environments, environment))
    composed.found.extend(_elsewhere(composed, environment))
    return None if any(one.severity is Severity.ERROR for one in composed.found) else spec, view


def _told(found: Iterable[Diagnostic]) -> set[Span]:
    return {one.span for one in found if one.span and one.severity is Severity.ERROR}


def _judge(composed: Composed, environment: str, told: Container[Span]) -> tuple[Spec | None, View, list[Wording]]:
    """The spec that the tree is in that environment, its parts, and what is wrong that is not a mistake's shadow."""
    tree = {**composed.tree, "environment": environment}
    spec, worded = check_tree(tree)
    environments = tuple(composed.environments)
    frozen = with_tuples(tree)
    view = view_of(frozen, environments) if spec is None else view_of_spec(spec, frozen, environments)
    view = replace(view, texts=composed.texts)
    known = (one for one in [*worded, *check_rules(view)] if one.at not in composed.unknown)
    return spec, view, [one for one in known if not _follows(one, composed.places, told)]


_MOST_VALUES = 6_000  # of all environments together: a spec can name very many
_MOST_MISTAKES = 50


def _elsewhere(composed: Composed, chosen: str) -> list[Diagnostic]:
    """What the overlays of other environments say that is wrong: a spec is checked before any of it is deployed."""
    others = [name for name, overlay in composed.environments.items() if name != chosen and overlay.value]
    if not others or len(composed.found) > _MOST_MISTAKES:
        return []
    said = {(one.code, one.path, one.message) for one in composed.found}
    found: list[Diagnostic] = []
    for name in others[: max(1, _MOST_VALUES // composed.size)]:
        other, told = compose_elsewhere(composed, name), _told([*composed.found, *found])
        found += [one for one in other.found if one.span not in told]
        told |= _told(other.found)
        judged = _judge(other, name, told)[2]
        own = (one for one in judged if nearest_place(other.places, one.at).origin.source is Source.ENVIRONMENT)
        worded = (_diagnostic(one, other.places) for one in own)
        found += [one for one in worded if one.span not in told and (one.code, one.path, one.message) not in said]
    return found


_OF_A_BLOCK = ("ML209", "ML235", "ML236")


def _follows(wording: Wording, places: Place, told: Container[Span]) -> bool:
    """Whether keys do not fit together only because one of them could not be read, which has been told."""
    if wording.code not in _OF_A_BLOCK:
        return False
    block = nearest_place(places, wording.at)
    block = block if block.children else nearest_place(places, wording.at[:-1])
    return any(child.origin.span in told for child in (block.children or {}).values() if child.origin.span)


def _diagnostic(wording: Wording, places: Place) -> Diagnostic:
    place = nearest_place(places, wording.at)
    lacking = wording.code == "ML202" and place.origin.source is Source.PROFILE  # it is the spec that is to say more
    place = places if lacking else place
    origin = _of_the_file(place) if place is places else place.origin
    span = place.key if wording.key and place.key and place is not places else origin.span
    hint, text = wording.hint, origin.text
    return Diagnostic(wording.code, wording.message, span, ".".join(wording.at), hint, text)


def _of_the_file(root: Place) -> Origin:
    """Where the spec itself begins: what it lacks at its top is no fault of the overlay that was laid last."""
    return next((said.origin for said in root.history if said.origin.source is Source.SPEC), root.origin)


def _environment_key(composed: Composed) -> Iterator[Diagnostic]:
    """The environment is chosen for a run; a file that fixed it could not be deployed to another."""
    place = find(composed.places, ("environment",))
    if place is not None:
        hint = "choose it with --env; what differs in it goes under environments"
        span = place.key or place.origin.span
        yield Diagnostic("ML201", "environment is not a key of a file", span, "environment", hint, place.origin.text)


def _unfilled(tree: Any, places: Place, path: tuple[str, ...] = ()) -> Iterator[Diagnostic]:
    """Values that a profile left for the spec to fill in."""
    if tree == UNFILLED:
        place = nearest_place(places, path)
        message = f"{'.'.join(path)} is still to be filled in"
        yield Diagnostic("ML309", message, place.origin.span, ".".join(path), "set it in the spec", place.origin.text)
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in items:
        yield from _unfilled(child, places, (*path, str(key)))


def _overlay_keys(environments: Mapping[str, Node], chosen: str) -> Iterator[Diagnostic]:
    """Unknown keys in the overlays that were not chosen: those of the chosen one are found with the rest."""
    for name, overlay in environments.items():
        if name != chosen and overlay.value:
            yield from _unknown_keys(overlay, ())


def _unknown_keys(node: Node, path: tuple[str, ...]) -> Iterator[Diagnostic]:
    items = node.value.items() if isinstance(node.value, dict) else ()
    items = enumerate(node.value) if isinstance(node.value, tuple) else items  # type: ignore[assignment]
    for key, child in items:
        below = (*path, str(key))
        if kinds_at(below):
            yield from _unknown_keys(child, below)
        elif child.key and is_closed(path) and str(key) not in (known := known_keys(path)):
            where = f" in {'.'.join(path)}" if path else ""
            message = f"unknown key '{key}'{where}"
            hint = misplaced(str(key), path) or hint_for(str(key), known)
            yield Diagnostic("ML201", message, child.key, ".".join(below), hint)


def _origins(composed: Composed, spec: Spec) -> Origins:
    """The origins, with one for each value that came from the language itself."""
    origins = origins_of(composed.places)
    by_path = dict(origins.by_path)
    dumped = spec.model_dump(mode="json", by_alias=True)
    for path in _paths(dumped, ""):
        by_path.setdefault(path, Origin(Source.DEFAULT))
    history = {**composed.removed, **origins.history}
    return replace(origins, by_path=by_path, history=history, finals=composed.finals)


def _paths(value: Any, path: str) -> Iterator[str]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from _paths(child, f"{path}.{key}" if path else str(key))


def with_lines(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> list[Diagnostic]:
    """The diagnostics, each at the part of a text that is wrong, with the line of source it points at."""
    lines = {file: split_lines(text) for file, text in texts.items()}
    return [_with_line(_at_its_part(diagnostic, lines), lines) for diagnostic in diagnostics]


def _at_its_part(diagnostic: Diagnostic, lines: Mapping[str, list[str]]) -> Diagnostic:
    span = diagnostic.span
    if span is None or not diagnostic.part:
        return diagnostic
    return replace(diagnostic, span=pinpoint(span, lines.get(span.file, []), diagnostic.part), part="")


def _with_line(diagnostic: Diagnostic, lines: Mapping[str, list[str]]) -> Diagnostic:
    span = diagnostic.span
    if span is None or diagnostic.line or span.file not in lines or span.line > len(lines[span.file]):
        return diagnostic
    return replace(diagnostic, line=lines[span.file][span.line - 1][:400])


def _texts(path: Path) -> dict[str, str]:
    """The text of a spec that could not be parsed, where it is a text at all."""
    from mlspec.specs.yaml_text import LARGEST_FILE

    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return {}
        return {path.name: path.read_bytes().decode("utf-8", "replace")}
    except (OSError, ValueError):
        return {}
