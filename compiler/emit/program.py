"""Turns a graph into infra/__main__.py: a flat Pulumi program, each resource under the spec line that asked for it."""

import re
import textwrap
from collections.abc import Mapping

from mlspec.compiler.emit.expressions import PSEUDO_NAMES, Writer, variable
from mlspec.compiler.emit.layout import WIDTH, Expression, Group, Item, call, lay_out, quoted, snake
from mlspec.compiler.graph import Graph, Options, Resource, ResourceType, Value
from mlspec.compiler.order import PSEUDO, in_order, needs_of
from mlspec.compiler.values import refs

_OUTPUT = Writer(ResourceType("", "", ""))


def program(graph: Graph, types: Mapping[str, ResourceType]) -> str:
    """The program's text, resources in an order in which each stands below what it needs."""
    needs = needs_of(graph.resources)
    needed = {name for wanted in needs.values() for name in wanted}
    needed |= {ref.resource for ref in refs(graph.outputs)}
    blocks = [_block(graph.resource(name), types, named=name in needed) for name in in_order(needs)]
    exports = [_export(name, graph.outputs[name]) for name in sorted(graph.outputs)]
    body = "\n\n".join([*_lookups(graph), *blocks, *(["\n".join(exports)] if exports else [])])
    return f"{_head(graph, body)}\n\n{body}\n" if body else f"{_title(graph)}\n"


def _title(graph: Graph) -> str:
    return f'"""The stack {graph.spec}-{graph.environment}, written by mlspec; change the spec, not this file."""'


def _head(graph: Graph, body: str) -> str:
    needs_json = re.search(r"(?<![\w.])json\.dumps\(", body) is not None
    return "\n".join(
        [
            _title(graph),
            "",
            *(["import json", ""] if needs_json else []),
            "import pulumi",
            "import pulumi_aws as aws",
        ]
    )


def _lookups(graph: Graph) -> list[str]:
    """What the program asks the account for, only what it uses."""
    values = [*(resource.properties for resource in graph.resources), graph.outputs]
    used = {ref.output for value in values for ref in refs(value) if ref.resource == PSEUDO}
    lines = [f"{name} = {ask}" for output, (name, ask) in PSEUDO_NAMES.items() if output in used]
    return ["\n".join(lines)] if lines else []


def _block(resource: Resource, types: Mapping[str, ResourceType], *, named: bool) -> str:
    kind = types[resource.type]
    writer = Writer(kind)
    items = [Item("", quoted(resource.name))]
    items += [writer.keyword(name, resource.properties[name]) for name in sorted(resource.properties)]
    items += [Item("opts=", options)] if (options := _options(resource.options)) else []
    made = call(f"aws.{kind.module}.{kind.cls}", *items)
    prefix = f"{variable(resource.name)} = " if named else ""
    return f"{_comment(resource)}\n{lay_out(made, prefix=prefix)}"


def _comment(resource: Resource) -> str:
    text = f"{resource.origin}: {resource.why}"
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _options(options: Options) -> Group | None:
    """ResourceOptions with what is not the default, or none."""
    waits = tuple(Item("", variable(name)) for name in sorted(options.depends_on))
    ignored = tuple(Item("", quoted(snake(name))) for name in sorted(options.ignore_changes))
    given: dict[str, Expression | None] = {
        "depends_on": Group("[", waits, "]") if waits else None,
        "protect": "True" if options.protect else None,
        "ignore_changes": Group("[", ignored, "]") if ignored else None,
        "delete_before_replace": "True" if options.delete_before_replace else None,
        "retain_on_delete": "True" if options.retain_on_delete else None,
    }
    items = [Item(f"{name}=", value) for name, value in given.items() if value is not None]
    return call("pulumi.ResourceOptions", *items) if items else None


def _export(name: str, value: Value) -> str:
    return lay_out(call("pulumi.export", Item("", quoted(name)), Item("", _OUTPUT.expression(value))))
