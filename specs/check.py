"""The composed tree -> the frozen Spec, or everything that is wrong with it, key by key."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlspec.specs.nearest import nearest
from mlspec.specs.wording import Problem, Wording, word

# What a branch of a union says that the value did not even try to be.
_MISFITS = frozenset({"literal_error", "quantity", "model_type", "dict_type", "tuple_type", "string_type"})
_MISFITS_OF_SCALARS = frozenset({"model_type", "model_attributes_type", "dict_type"})


def check_tree(tree: Mapping[str, Any]) -> tuple[Any, list[Wording]]:
    """The Spec of `tree` (None when there is none), and what is wrong."""
    from pydantic import ValidationError

    from mlspec.specs.models import Spec

    own_names = [key for key, field in Spec.model_fields.items() if field.alias and key in tree]
    written = {key: value for key, value in tree.items() if key not in own_names}
    try:
        spec = Spec.model_validate(with_tuples(written))
        problems = []
    except ValidationError as error:
        problems = [_problem(details, tree) for details in error.errors(include_url=False)]
    # Python's name of a key is not a word of the language: `api_version` is as unknown as any other.
    problems += [Problem((key,), "extra_forbidden", {}, "", tree[key]) for key in own_names]
    if not problems:
        return spec, []
    return None, [word(group) for group in _grouped(problems)]


def with_tuples(value: Any) -> Any:
    """`value` with its lists as tuples, which is what frozen models hold."""
    if isinstance(value, Mapping):
        return {key: with_tuples(child) for key, child in value.items()}
    return tuple(with_tuples(child) for child in value) if isinstance(value, list) else value


def _problem(details: Mapping[str, Any], tree: Mapping[str, Any]) -> Problem:
    """A Pydantic error by its path in the tree: what names a branch of a union is left out of it."""
    *parts, last = details["loc"]
    path, value = [], tree
    for part in parts:
        if (child := _child(value, part)) is not _NOTHING:
            path.append(str(part))
            value = child
    child = _child(value, last)
    if child is not _NOTHING:
        path.append(str(last))
        value = child
    elif details["type"] == "missing":
        path.append(str(last))
    return Problem(tuple(path), details["type"], details.get("ctx", {}), details["msg"], value)


_NOTHING: Any = object()


def _child(value: Any, part: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(part, _NOTHING)
    if isinstance(value, list) and isinstance(part, int):
        return value[part] if part < len(value) else _NOTHING
    return _NOTHING


def _grouped(problems: Sequence[Problem]) -> list[list[Problem]]:
    """The problems by place, without those of branches that the value was never meant for."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.path, []).append(problem)
    deeper = {path[:length] for path in groups for length in range(len(path))}
    misspelt = _misspelt(groups)
    kept = (_meant(group, within=path in deeper) for path, group in groups.items() if path not in misspelt)
    return [group for group in kept if group]


def _misspelt(groups: Mapping[tuple[str, ...], Sequence[Problem]]) -> set[tuple[str, ...]]:
    """Missing keys that stand there after all, in another spelling: the unknown key says so already."""
    missing: dict[tuple[str, ...], list[str]] = {}
    for path, group in groups.items():
        if group[0].type == "missing":
            missing.setdefault(path[:-1], []).append(path[-1])
    unknown = [path for path, group in groups.items() if group[0].type == "extra_forbidden"]
    return {(*path[:-1], close) for path in unknown if (close := nearest(path[-1], missing.get(path[:-1], [])))}


def _meant(group: list[Problem], *, within: bool) -> list[Problem]:
    if isinstance(group[0].value, dict | list):
        drop = _MISFITS | {"too_short"} if within else _MISFITS
        kept = [problem for problem in group if problem.type not in drop]
        return kept if kept or within else group
    kept = [problem for problem in group if problem.type not in _MISFITS_OF_SCALARS]
    return kept or group
