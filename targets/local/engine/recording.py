"""Runs a bundle's program against no cloud at all and lists what it registers, references as `${resource.output}`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlspec.compiler.entries import refs_in
from mlspec.targets.local.engine.configuration import secrets_named
from mlspec.targets.local.engine.request import Answer, Request
from mlspec.targets.local.engine.wire import LocalFile, Sealed

_FACTS = {"accountId": "${aws.accountId}", "region": "${aws.region}", "partition": "${aws.partition}"}


@dataclass(frozen=True, slots=True)
class Registered:
    """One resource as the program asked for it."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    dependencies: tuple[str, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """All that a program registered, by name, and its outputs."""

    resources: tuple[Registered, ...]
    outputs: Mapping[str, Any]


def record(infra: Path) -> Recording:
    """Run `infra`/__main__.py. Which outputs there are, and which secrets, is read from the graph.json beside it."""
    from mlspec.targets.local.engine.monitor import Monitor
    from mlspec.targets.local.engine.program import run_program

    graph = json.loads((infra.parent / "graph.json").read_bytes())
    wanted: dict[str, set[str]] = {}
    for resource, output in refs_in([graph["resources"], graph["outputs"]]):
        wanted.setdefault(resource, set()).add(output)
    registered: dict[str, Registered] = {}

    def register(request: Request) -> Answer:
        registered[request.name] = _registered(request)
        outputs = {output: f"${{{request.name}.{output}}}" for output in wanted.get(request.name, ())}
        return Answer(f"${{{request.name}.id}}", {**request.inputs, **outputs})

    monitor = Monitor(graph["spec"], graph["environment"], folder=infra, register=register, facts=_FACTS)
    secrets = {name: f"${{secret.{name}}}" for name in secrets_named(graph)}
    run_program(infra, monitor, project=graph["spec"], stack=graph["environment"], config=secrets)
    return Recording(tuple(registered[name] for name in sorted(registered)), _symbolic(monitor.outputs))


def _registered(request: Request) -> Registered:
    return Registered(request.type, request.name, _symbolic(request.inputs), request.dependencies, request.options)


def _symbolic(value: Any) -> Any:
    match value:
        case Sealed():
            return {"$sealed": _symbolic(value.value)}
        case LocalFile():
            return {"$asset": value.path.removeprefix("../")}
        case dict():
            return {key: _symbolic(item) for key, item in value.items()}
        case list():
            return [_symbolic(item) for item in value]
        case _:
            return value
