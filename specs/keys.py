"""A path -> what the language has there, read off the models: a JSON Schema, built to ask this, takes far longer."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from mlspec.specs.models import Spec

_DEEPEST_HOME = 3
COMPOSED = ("defaults", "environments")  # keys of a file that composition takes out before there is a Spec


@lru_cache(4096)
def kinds_at(path: tuple[str, ...]) -> tuple[Any, ...]:
    """The types a value at `path` can have, no unions among them; none where the language has no such key."""
    kinds = tuple(_alternatives(Spec))
    for part in path:
        kinds = tuple(kind for step in kinds for kind in _step(step, part))
    return kinds


def known_keys(path: tuple[str, ...]) -> list[str]:
    """The keys a mapping at `path` of a file can have, in the models' order; those at the top include composition's."""
    models = [kind for kind in kinds_at(path) if _is_model(kind)]
    keys = [key for model in models for key in _fields(model)]
    return keys if path else [*keys, *COMPOSED]


@cache
def homes(key: str) -> tuple[tuple[str, ...], ...]:
    """The blocks that have `key`, by their paths through keys that are always the same ones, nearest the top first."""
    found: list[tuple[str, ...]] = []
    paths: list[tuple[str, ...]] = [()]
    for path in paths:  # grows while it is read
        models = [kind for kind in kinds_at(path) if _is_model(kind)]
        below = list(dict.fromkeys(name for model in models for name in _fields(model)))
        found += [path] if key in below else []
        paths += [(*path, name) for name in below] if len(path) < _DEEPEST_HOME else []
    return tuple(found)


def is_closed(path: tuple[str, ...]) -> bool:
    """Whether the language fixes the keys at `path`: those of an estimator, say, are free."""
    return not any(_is_open(kind) for kind in kinds_at(path))


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _alternatives(arguments[0])
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from _alternatives(argument)
    else:
        yield annotation


def _step(kind: Any, part: str) -> Iterator[Any]:
    """What stands under `part` of a value of `kind`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if _is_model(kind) and part in _fields(kind):
        yield from _alternatives(_fields(kind)[part])
    elif origin is dict and arguments[1] is not Any:
        yield from _alternatives(arguments[1])
    elif origin is tuple and part.isdecimal():
        yield from _alternatives(arguments[0])


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    named = ((field.alias or name, field.annotation) for name, field in model.model_fields.items())
    return {name: kind for name, kind in named if (model, name) != (Spec, "environment")}  # chosen by --env, in no file


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_open(kind: Any) -> bool:
    if _is_model(kind):
        return bool(kind.model_config.get("extra") == "allow")
    return bool(get_origin(kind) is dict and get_args(kind)[1] is Any)
