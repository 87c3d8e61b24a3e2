"""YAML text -> a tree of values, each knowing its line and column; hostile input ends in a diagnostic."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeAlias

import yaml

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.yaml_scalars import Scalar, core_scalar
from mlspec.specs.yaml_text import split_lines

DEEPEST = 24
MOST_NODES = 12_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast, and may be missing


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place, the place of the key that leads to it, and how many values it holds in all."""

    value: "Scalar | tuple[Node, ...] | dict[str, Node]"
    span: Span
    key: Span | None = None
    size: int = 1


Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"


def plain(node: Node) -> Plain:
    """The value without places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(child) for child in node.value]
    return node.value


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every scalar below `node`, with its dotted path."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from leaves(child, f"{path}.{key}" if path else key)
    elif isinstance(node.value, tuple):
        for index, child in enumerate(node.value):
            yield from leaves(child, f"{path}.{index}" if path else str(index))
    else:
        yield path, node


def parse_yaml(text: str, file: str) -> tuple[Node, list[Diagnostic]]:
    """The one mapping that `text` holds, and the mistakes it can be read in spite of; raises SpecError for others."""
    loader = _Loader(text)
    try:
        return _Builder(loader, file).document()
    except yaml.MarkedYAMLError as error:
        raise SpecError([_syntax_error(error, text, file)]) from None
    except yaml.YAMLError as error:
        raise SpecError([Diagnostic("ML103", str(error).splitlines()[0], Span(file, 1, 1))]) from None
    finally:
        loader.dispose()


class _Builder:
    """Turns the parser's events into nodes, counting depth and size on the way."""

    def __init__(self, loader: Any, file: str) -> None:
        self.loader = loader
        self.file = file
        self.total = 0
        self.anchors: dict[str, Node] = {}
        self.open: set[str] = set()
        self.found: list[Diagnostic] = []

    def document(self) -> tuple[Node, list[Diagnostic]]:
        self.loader.get_event()
        event = self.loader.get_event()
        if not isinstance(event, yaml.DocumentStartEvent):
            self.fatal("ML110", "the file is empty", Span(self.file, 1, 1), "mlspec init writes a spec to start from")
        root = self.node(self.loader.get_event(), 0)
        self.loader.get_event()
        event = self.loader.get_event()
        if not isinstance(event, yaml.StreamEndEvent):
            self.fatal("ML110", "the file holds more than one document", self.span(event), "one file is one spec")
        if not isinstance(root.value, dict):
            self.fatal("ML110", "a spec is a mapping: keys with values", root.span)
        return root, self.found

    def node(self, event: Any, depth: int) -> Node:
        span = self.span(event)
        if depth > DEEPEST:
            self.fatal("ML107", f"values are nested more than {DEEPEST} deep", span)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, span)
        self.count(1, span)
        if event.tag not in (None, "!") or (event.tag == "!" and not isinstance(event, yaml.ScalarEvent)):
            self.report("ML105", f"tag {event.tag} is not allowed", span, "quote a value to make it a text")
        if event.anchor:
            self.open.add(event.anchor)
        node = self.content(event, span, depth)
        if event.anchor:
            self.open.discard(event.anchor)
            self.anchors[event.anchor] = node
        return node

    def content(self, event: Any, span: Span, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            is_plain = event.style in (None, "") and event.tag is None
            return Node(core_scalar(event.value) if is_plain else event.value, span)
        before = self.total
        value = self.mapping(depth) if isinstance(event, yaml.MappingStartEvent) else self.sequence(depth)
        return Node(value, span, size=1 + self.total - before)

    def alias(self, anchor: Any, span: Span) -> Node:
        target = self.anchors.get(anchor)
        if target is None:
            what = "stands inside the value it names" if anchor in self.open else "names no anchor before it"
            self.fatal("ML113", f"alias *{anchor} {what}", span)
        self.count(target.size, span)
        return replace(target, span=span)

    def sequence(self, depth: int) -> tuple[Node, ...]:
        items = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return tuple(items)

    def mapping(self, depth: int) -> dict[str, Node]:
        items: dict[str, Node] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            key = self.key(event, depth)
            value = self.node(self.loader.get_event(), depth + 1)
            if key is None:
                continue
            name, span = key
            if name in items:
                first = items[name].key or span
                told = Diagnostic(
                    "ML104", f"key '{name}' is given twice", span, hint=f"first at {first}", also=(first,)
                )
                self.found.append(told)
            else:
                items[name] = replace(value, key=span)
        return items

    def key(self, event: Any, depth: int) -> tuple[str, Span] | None:
        """The key's own text (so `no` and `1` are what they look like), or None after reporting what is wrong."""
        span = self.span(event)
        if not isinstance(event, yaml.ScalarEvent):
            self.node(event, depth + 1)
            self.report("ML112", "a key is a plain word", span)
            return None
        if event.tag is not None:
            self.report("ML105", f"tag {event.tag} is not allowed", span)
        if event.value == "<<" and event.style in (None, ""):
            self.report(
                "ML109", "merge keys are not part of YAML 1.2", span, "use a profile, or an alias for the value"
            )
            return None
        if not event.value.strip():
            self.report("ML112", "a key is empty", span)
            return None
        return event.value, span

    def span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        scalar = isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) and start.line == end.line
        return Span(self.file, start.line + 1, start.column + 1, max(1, end.column - start.column) if scalar else 1)

    def count(self, number: int, span: Span) -> None:
        self.total += number
        if self.total > MOST_NODES:
            self.fatal("ML108", f"there are more than {MOST_NODES} values, aliases expanded", span)

    def report(self, code: str, message: str, span: Span, hint: str = "") -> None:
        self.found.append(Diagnostic(code, message, span, hint=hint))

    def fatal(self, code: str, message: str, span: Span, hint: str = "") -> NoReturn:
        raise SpecError([*self.found, Diagnostic(code, message, span, hint=hint)])


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> Diagnostic:
    mark, lines = error.problem_mark or error.context_mark, split_lines(text)
    if mark is not None and not "".join(lines[mark.line :]).strip():  # what is not closed is wrong where it was opened
        mark = error.context_mark or mark
    if "expected ':'" in (error.problem or ""):  # the key that has none stands before
        mark = error.context_mark or mark
    if mark is not None and mark.line < len(lines):
        span = Span(file, mark.line + 1, mark.column + 1)
    else:  # the parser ran off the end: the last line is where it stopped making sense
        span = Span(file, len(lines), len(lines[-1]) + 1)
    context = f" ({error.context})" if error.context else ""
    problem = error.problem or "not YAML"
    return Diagnostic("ML103", f"{problem}{context}", span, hint=_syntax_hint(problem))


def _syntax_hint(problem: str) -> str:
    if "incompatible" in problem:
        return "leave the %YAML line out: a spec is YAML 1.2"
    if "document start" in problem:
        return "one file is one spec: nothing follows the line of three dots"
    if "block end" in problem or "'-' indicator" in problem or "expected key" in problem:
        return "check the indentation: keys of one mapping, and items of one list, start in the same column"
    if "expected ':'" in problem:
        return "a key is followed by a colon and a space: `key: value`"
    if "end of stream" in problem:
        return "a quote is not closed"
    if "expected ','" in problem or "node content" in problem:
        return "close each [ and {, put a comma between what is in them, and quote a text that holds one of , [ ] { }"
    if "mapping values" in problem:
        return "quote a text that holds ': ', and put a space behind the colon of each key"
    return "quote a text that holds ': ', ' #' or ${...}, or starts with one of @ ` % & * ! | > [ {"
