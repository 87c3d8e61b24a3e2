"""The `defaults` of a spec or a profile -> the profiles it is laid over, in order, `_self_` for itself."""

from dataclasses import dataclass

from mlspec.specs.diagnostics import Diagnostic, Span
from mlspec.specs.yaml_nodes import Node

SELF = "_self_"
_HINT = "write `- profile: <name>` or `- profile: [<name>, <name>]`, and `- _self_` for this file"


@dataclass(frozen=True, slots=True)
class Include:
    """One profile named in a defaults list, or the file itself (`_self_`)."""

    name: str
    span: Span | None


def read_defaults(node: Node | None, found: list[Diagnostic]) -> list[Include]:
    """What the list names, in order; `_self_` comes last where it is not written, so that a file has the last word."""
    includes: list[Include] = []
    if node is not None and not isinstance(node.value, tuple):
        found.append(Diagnostic("ML302", "defaults is a list", node.span, path="defaults", hint=_HINT))
    for item in node.value if node is not None and isinstance(node.value, tuple) else ():
        includes.extend(_read(item, found))
    names = [include.name for include in includes]
    for index, include in enumerate(includes):
        if include.name in names[:index]:
            message = f"'{include.name}' is in the defaults twice"
            found.append(Diagnostic("ML302", message, include.span, path="defaults", hint="leave one of them out"))
    unique = [include for index, include in enumerate(includes) if include.name not in names[:index]]
    return unique if SELF in names else [*unique, Include(SELF, None)]


def _read(item: Node, found: list[Diagnostic]) -> list[Include]:
    value = item.value
    if value == SELF:
        return [Include(SELF, item.span)]
    if isinstance(value, dict) and list(value) == ["profile"]:
        named = value["profile"]
        nodes = named.value if isinstance(named.value, tuple) else (named,)
        if all(isinstance(node.value, str) and node.value != SELF for node in nodes):
            return [Include(str(node.value), node.span) for node in nodes]
    key = next(iter(value.values())).key if isinstance(value, dict) and value else None
    found.append(
        Diagnostic("ML302", "this is not an entry of a defaults list", key or item.span, path="defaults", hint=_HINT)
    )
    return []
