"""Turns values of the graph into Python expressions over pulumi and pulumi_aws."""

import keyword
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlspec.compiler.emit.layout import Expression, Group, Item, call, f_string, flat, quoted, snake
from mlspec.compiler.graph import Asset, Join, Json, Name, Ref, ResourceType, Secret, Value
from mlspec.compiler.order import PSEUDO
from mlspec.compiler.values import refs

# What the account knows is plain text to the program, so it is no Output.
PSEUDO_NAMES: Mapping[str, tuple[str, str]] = {
    "accountId": ("account", "aws.get_caller_identity().account_id"),
    "region": ("region", "aws.get_region().region"),
    "partition": ("partition", "aws.get_partition().partition"),
}
_TAKEN = frozenset({"aws", "config", "json", "pulumi", *(name for name, _ in PSEUDO_NAMES.values())})


def variable(resource: str) -> str:
    """The variable that holds a resource."""
    name = resource.replace("-", "_")
    return f"{name}_" if name in _TAKEN or keyword.iskeyword(name) else name


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the values of one resource; `kind` says which nested objects have a class."""

    kind: ResourceType

    def keyword(self, name: str, value: Value) -> Item:
        """A property as a keyword argument."""
        return Item(f"{snake(name)}=", self.expression(value, path=name))

    def expression(self, value: Value, *, path: str = "") -> Expression:
        """The expression for a value at the path of a property; plain data has none."""
        match value:
            case Mapping() if path in self.kind.blocks:
                items = tuple(self._argument(path, key, value[key]) for key in sorted(value))
                return call(f"aws.{self.kind.module}.{self.kind.blocks[path]}", *items)
            case Mapping():
                return Group(
                    "{", tuple(Item(f"{quoted(key)}: ", self.expression(value[key])) for key in sorted(value)), "}"
                )
            case tuple():
                return Group("[", tuple(Item("", self.expression(item, path=path)) for item in value), "]")
            case _:
                return _single(value, self)

    def _argument(self, path: str, key: str, value: Value) -> Item:
        return Item(f"{snake(key)}=", self.expression(value, path=f"{path}.{key}"))


def _single(value: Value, writer: Writer) -> Expression:
    match value:
        case Ref(resource, output) if resource == PSEUDO:
            return PSEUDO_NAMES[output][0]
        case Ref(resource, output):
            return f"{variable(resource)}.{snake(output)}"
        case Join(parts):
            return _join(parts, writer)
        case Json(document):
            return _document(document, writer)
        case Asset(path):
            return call("pulumi.FileAsset", Item("", quoted(f"../{path}")))
        case Secret(name):
            return call("pulumi.Config().require_secret", Item("", quoted(name)))
        case Name(resource):
            raise ValueError(f"the name of '{resource}' was never filled in")
        case str():
            return quoted(value)
        case _:
            return repr(value)


def _join(parts: tuple[Value, ...], writer: Writer) -> Expression:
    """An f-string where all is known to the program, else Pulumi's concat."""
    if _waits(parts):
        return call("pulumi.Output.concat", *(Item("", writer.expression(part)) for part in parts))
    return f_string(tuple(part if isinstance(part, str) else (flat(writer.expression(part)),) for part in parts))


def _document(document: Value, writer: Writer) -> Expression:
    function = "pulumi.Output.json_dumps" if _waits(document) else "json.dumps"
    return call(function, Item("", writer.expression(document)), Item("sort_keys=", "True"))


def _waits(value: Value) -> bool:
    """Whether the value holds something known in the cloud only."""
    return any(ref.resource != PSEUDO for ref in refs(value)) or _secret(value)


def _secret(value: Any) -> bool:
    match value:
        case Secret():
            return True
        case Join(items) | Json(items):
            return _secret(items)
        case Mapping():
            return any(_secret(item) for item in value.values())
        case tuple():
            return any(_secret(item) for item in value)
        case _:
            return False
