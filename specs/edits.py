"""A tree and overrides -> the tree that Hydra makes of them, and which of them fitted; the others are told."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.hydra_compose import CompositionError, hydra_compose
from mlspec.specs.nearest import hint_for, nearest
from mlspec.specs.overrides import Override
from mlspec.specs.stand_ins import HiddenTexts, StandIns

_COLUMNS = ("data", "columns")


def apply_edits(
    tree: dict[str, Any], given: Sequence[Override], found: list[Diagnostic]
) -> tuple[dict[str, Any], list[Override]]:
    """`tree` after the overrides, each at the path that its key has in `tree`, and those of them that fitted."""
    edits = [edit for edit in (one.at(tree) for one in given) if not _strays(tree, edit, found)]
    if not edits:
        return tree, []
    names = StandIns(edit.path for edit in edits)
    try:
        return _composed(tree, edits, names), edits
    except CompositionError:
        return _one_by_one(tree, edits, names, found)


def _composed(tree: dict[str, Any], edits: Sequence[Override], names: StandIns) -> dict[str, Any]:
    hidden = HiddenTexts()
    composed = hydra_compose(hidden.put(names.put(tree)), [edit.hydra(names) for edit in edits])
    result: dict[str, Any] = hidden.taken_out(names.taken_out(composed))
    return result


def _one_by_one(
    tree: dict[str, Any], edits: Sequence[Override], names: StandIns, found: list[Diagnostic]
) -> tuple[dict[str, Any], list[Override]]:
    accepted: list[Override] = []
    composed = tree
    for edit in edits:
        try:
            composed = _composed(tree, [*accepted, edit], names)
            accepted.append(edit)
        except CompositionError as error:
            why, hint = _misfit(composed, edit) or (f"does not fit: {error}", "")
            found.append(Diagnostic("ML306", f"override '{edit.text}' {why}", hint=hint, line=edit.text))
    return composed, accepted


def _strays(tree: Mapping[str, Any], edit: Override, found: list[Diagnostic]) -> bool:
    """Whether it changes a column that is not there: it would make one that has nothing but what is changed."""
    columns: Any = tree
    for part in _COLUMNS:
        columns = columns.get(part) if isinstance(columns, Mapping) else None
    path = edit.path
    if path[:2] != _COLUMNS or len(path) < 4 or edit.changes != "set" or not isinstance(columns, Mapping):
        return False
    if path[2] in columns or not columns:
        return False
    close = nearest(".".join(path[2:-1]), columns)
    hint = f"did you mean '{close}'? " if close else hint_for(path[2], columns, "columns") + "; "
    hint += "a new one is added whole: +data.columns.NAME={type: ..}"
    message = f"override '{edit.text}' changes '{path[2]}', and there is no such column"
    found.append(Diagnostic("ML306", message, path=".".join(path[:3]), hint=hint, line=edit.text))
    return True


def _misfit(tree: Any, edit: Override) -> tuple[str, str] | None:
    """Where the path of `edit` leaves the tree, and what is there; None where Hydra has another reason."""
    for number, part in enumerate(edit.path):
        above = ".".join(edit.path[:number])
        if isinstance(tree, list):
            if not part.isdecimal() or int(part) >= len(tree):
                last = f"its items are 0 to {len(tree) - 1}" if tree else "it has no items"
                return f"leads to '{part}' of {above}, which is a list", last
            tree = tree[int(part)]
        elif isinstance(tree, Mapping):
            if part not in tree:
                return (
                    ("removes what is not there", hint_for(part, tree, "there is"))
                    if edit.changes == "remove"
                    else None
                )
            tree = tree[part]
        else:
            return f"leads through {above}, which has no keys", ""
    return None
