"""The table of types against pulumi_aws's own classes: what the emitted program would be refused for."""

import importlib
import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pulumi._types import input_type_py_to_pulumi_names as wire_names
from pulumi._types import is_input_type

from mlspec.compiler.graph import Asset, Graph, Join, Json, Ref, ResourceType, Value
from mlspec.targets.aws.types import TYPES


def args_of(kind: ResourceType) -> Any:
    """The class of a resource's properties; a nested class of another type may have taken its plain name."""
    module = importlib.import_module(f"pulumi_aws.{kind.module}")
    return getattr(module, f"{kind.cls}InitArgs", None) or getattr(module, f"{kind.cls}Args")


def required(args: Any) -> set[str]:
    """Wire names of the arguments without a default."""
    parameters = inspect.signature(args.__init__).parameters.values()
    names = wire_names(args)
    bare = {p.name for p in parameters if p.default is inspect.Parameter.empty}
    return {names[name] for name in bare if name in names}


@pytest.mark.parametrize("kind", TYPES.values(), ids=lambda kind: kind.cls)
def test_table_agrees_with_pulumi_aws(kind: ResourceType) -> None:
    module = importlib.import_module(f"pulumi_aws.{kind.module}")
    assert getattr(module, kind.cls).pulumi_type == kind.token
    known = set(wire_names(args_of(kind)).values())
    assert ("tags" in known) == kind.taggable
    assert not kind.name_property or kind.name_property in known
    assert kind.replace_on <= known
    assert all(is_input_type(getattr(module, cls)) for cls in kind.blocks.values())


def test_every_property_of_the_example_is_known_at_every_depth(graph: Graph, image_graph: Graph) -> None:
    problems = [
        f"{resource.name}: {problem}"
        for resource in (*graph.resources, *image_graph.resources)
        for problem in misfits(args_of(TYPES[resource.type]), resource.properties, "")
    ]
    assert problems == []


def test_a_misspelt_nested_key_would_be_found() -> None:
    kind = TYPES["aws:cloudwatch/eventTarget:EventTarget"]
    good: dict[str, Value] = {"arn": "a", "rule": "r", "retryPolicy": {"maximumRetryAttempts": 3}}
    assert list(misfits(args_of(kind), good, "")) == []
    assert list(misfits(args_of(kind), {**good, "retryPolicy": {"retries": 3}}, "")) == [".retryPolicy.retries unknown"]
    assert list(misfits(args_of(kind), {"arn": "a"}, "")) == [".rule missing"]
    assert list(misfits(args_of(kind), {**good, "retryPolicy": ("x",)}, "")) == [".retryPolicy is a tuple"]


def test_the_declared_blocks_are_the_nested_objects(graph: Graph, image_graph: Graph) -> None:
    found = {
        (resource.type, path): cls
        for resource in (*graph.resources, *image_graph.resources)
        for path, cls in nested(args_of(TYPES[resource.type]), resource.properties, "")
    }
    declared = {(token, path): cls for token, kind in TYPES.items() for path, cls in kind.blocks.items()}
    assert found == {key: declared.get(key) for key in found}


def misfits(args: Any, properties: Mapping[str, Value], path: str) -> Iterator[str]:
    """Keys that are unknown or missing, and values of the wrong kind."""
    known = set(wire_names(args).values())
    yield from (f"{path}.{key} missing" for key in sorted(required(args) - properties.keys()))
    for key, value in properties.items():
        if key not in known:
            yield f"{path}.{key} unknown"
        else:
            yield from misfit(candidates(args, key), value, f"{path}.{key}")


def misfit(kinds: tuple[Any, ...], value: Value, path: str) -> Iterator[str]:
    """Whether `value` is none of `kinds`."""
    match value:
        case None | Ref() | Join() | Json() | Asset():
            return
        case Mapping():
            block = next((kind for kind in kinds if is_args(kind)), None)
            if block is not None:
                yield from misfits(block, value, path)
            elif not any("Mapping" in str(kind) for kind in kinds):
                yield f"{path} is a mapping"
        case tuple():
            items = [kind for kind in kinds if isinstance(kind, Bound)]
            if not items:
                yield f"{path} is a tuple"
            for number, item in enumerate(value):
                yield from (found for kind in items for found in misfit(inside(kind), item, f"{path}[{number}]"))
        case _:
            # Mappings and any-typed values take whatever is in them.
            allowed = {"int": ("int", "float"), "float": ("float",), "bool": ("bool",), "str": ("str",)}
            names = {getattr(kind, "__name__", str(kind)) for kind in kinds}
            if not names & {*allowed[type(value).__name__], "Any"}:
                yield f"{path} is a {type(value).__name__}, not {sorted(names)}"


def nested(args: Any, properties: Mapping[str, Value], path: str) -> Iterator[tuple[str, str]]:
    """Each nested object by its path, with its Args class."""
    for key, value in properties.items():
        here = f"{path}.{key}" if path else key
        for item in value if isinstance(value, tuple) else (value,):
            for kind in candidates(args, key):
                block = next((k for k in (kind, *inside(kind)) if is_args(k)), None)
                if block is not None and isinstance(item, Mapping):
                    yield here, block.__name__
                    yield from nested(block, item, here)


def candidates(args: Any, key: str) -> tuple[Any, ...]:
    """The concrete types of a property; pulumi writes them as forward references inside unions."""
    python = next(python for python, wire in wire_names(args).items() if wire == key)
    annotation = inspect.signature(args.__init__).parameters[python].annotation
    space = vars(inspect.getmodule(args))
    return tuple(concrete(annotation, {**space, "pulumi": importlib.import_module("pulumi")}))


def concrete(kind: Any, space: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(kind, str):
        kind = eval(kind, dict(space))
    if isinstance(kind, typing.ForwardRef):
        text = kind.__forward_arg__
        if text.startswith("Output"):
            return
        kind = eval(text, dict(space))
    origin = typing.get_origin(kind)
    if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
        for part in typing.get_args(kind):
            yield from concrete(part, space)
    elif "Awaitable" not in str(origin) and kind is not type(None):
        yield Bound(kind, space) if "Sequence" in str(origin) else kind


class Bound:
    """A sequence's type with the names its forward references are looked up in."""

    def __init__(self, kind: Any, space: Mapping[str, Any]) -> None:
        self.kind, self.space = kind, space


def inside(kind: Any) -> tuple[Any, ...]:
    """What a sequence holds."""
    return tuple(concrete(typing.get_args(kind.kind)[0], kind.space)) if isinstance(kind, Bound) else ()


def is_args(kind: Any) -> bool:
    return isinstance(kind, type) and is_input_type(kind)
