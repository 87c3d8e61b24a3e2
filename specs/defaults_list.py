"""The `defaults` of a spec or of a library's file -> the files it is laid over, in order, `_self_` for itself."""

from dataclasses import dataclass

from mlspec.specs.diagnostics import Diagnostic, Span
from mlspec.specs.nearest import nearest
from mlspec.specs.yaml_nodes import Node

SELF = "_self_"
PROFILE = "profile"
GROUPS = (PROFILE, "data", "training", "serving", "rollout", "monitors", "governance")
_HINT = "write `- profile: <name>` or `- profile: [<name>, <name>]`, and `- _self_` for this file"


@dataclass(frozen=True, slots=True)
class Include:
    """One file of a library named in a defaults list, or the file itself (`_self_`, of no group)."""

    name: str
    span: Span | None
    group: str = PROFILE
    required: bool = False  # by mlspec.toml: then a file beside the spec cannot be it

    @property
    def label(self) -> str:
        """The file's name in messages and circles: a profile's own name, else `group/name`."""
        return self.name if self.group in ("", PROFILE) else f"{self.group}/{self.name}"


def read_defaults(node: Node | None, found: list[Diagnostic]) -> list[Include]:
    """What the list names, in order; `_self_` comes last where it is not written, so that a file has the last word."""
    includes: list[Include] = []
    if node is not None and not isinstance(node.value, tuple):
        found.append(Diagnostic("ML302", "defaults is a list", node.span, path="defaults", hint=_HINT))
    for item in node.value if node is not None and isinstance(node.value, tuple) else ():
        includes.extend(_read(item, found))
    labels = [include.label for include in includes]
    for index, include in enumerate(includes):
        if include.label in labels[:index]:
            message = f"'{include.label}' is in the defaults twice"
            found.append(Diagnostic("ML302", message, include.span, path="defaults", hint="leave one of them out"))
    unique = [include for index, include in enumerate(includes) if include.label not in labels[:index]]
    return unique if SELF in labels else [*unique, Include(SELF, None, "")]


def chosen(includes: list[Include], group: str, names: list[str]) -> list[Include]:
    """The list with `names` for what it names of the group: in the place of the first, or before all others."""
    at = next((index for index, include in enumerate(includes) if include.group == group), 0)
    kept = [include for include in includes if include.group != group]
    return [*kept[:at], *(Include(name, None, group) for name in names), *kept[at:]]


def _read(item: Node, found: list[Diagnostic]) -> list[Include]:
    value = item.value
    if value == SELF:
        return [Include(SELF, item.span, "")]
    if isinstance(value, dict) and len(value) == 1 and (group := next(iter(value))) in GROUPS:
        named = value[group]
        nodes = named.value if isinstance(named.value, tuple) else (named,)
        if all(isinstance(node.value, str) and node.value != SELF for node in nodes):
            return [Include(str(node.value), node.span, group) for node in nodes]
    found.append(_refusal(item))
    return []


def _refusal(item: Node) -> Diagnostic:
    key = next(iter(item.value.values())).key if isinstance(item.value, dict) and item.value else None
    word = next(iter(item.value)) if isinstance(item.value, dict) and item.value else ""
    near = nearest(word, GROUPS) if word and word not in GROUPS else ""
    hint = (f"did you mean '{near}'? " if near else "") + f"{_HINT}; groups: {', '.join(GROUPS)}"
    return Diagnostic("ML302", "this is not an entry of a defaults list", key or item.span, "defaults", hint)
