"""Says what is lost or swapped: data that goes with a resource, addresses that callers use, code that runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.compiler.entries import Entry
from mlspec.compiler.plan.model import Meaning, Sides

# What callers reach a model through, and what they see when it goes.
TRAFFIC: Mapping[str, str] = {
    "aws:lambda/alias:Alias": "requests have nowhere to go, and the rollout starts over",
    "aws:lambda/function:Function": "requests fail until it is there again",
    "aws:lambda/functionUrl:FunctionUrl": "callers need another address",
    "aws:sagemaker/endpoint:Endpoint": "requests fail until it is there again",
}
_VERB = {"delete": "deleted", "replace": "replaced"}
# Inference answers requests; every other function of ours is asked by the stack alone.
_INTERNAL = frozenset({"start", "gate", "rollout", "monitor"})


def data_lost(sides: Sides) -> Iterator[Meaning]:
    """Resources that hold something, deleted or replaced."""
    for step in sides.steps:
        entry: Entry | None = sides.old.get(step.name)
        if step.action in _VERB and entry is not None and entry.stateful:
            text = f"data lost: {step.name} ({step.type}) is {_VERB[step.action]}, and what it holds goes with it"
            yield Meaning("data-lost", "security", text, step.origin, risk=True)


def traffic_lost(sides: Sides) -> Iterator[Meaning]:
    """Ways to reach the model, deleted or replaced."""
    for step in sides.steps:
        if step.action in _VERB and step.type in TRAFFIC and step.name not in _INTERNAL:
            text = f"traffic lost: {step.name} is {_VERB[step.action]}: {TRAFFIC[step.type]}"
            yield Meaning("traffic-lost", "operations", text, step.origin, risk=True)


def code_changed(sides: Sides) -> Iterator[Meaning]:
    """Units whose files are others than those deployed."""
    before = {path: digest for entry in sides.old.values() for path, digest in _assets(entry.properties)}
    for _, entry in sorted(sides.new.items()):
        for path, digest in _assets(entry.properties):
            if before.get(path, digest) != digest:
                unit = path.rpartition("/")[2].removesuffix(".zip")
                text = f"code changed: {unit} ({before[path][:12]} -> {digest[:12]})"
                yield Meaning("code-changed", "ml", text, entry.origin)


def _assets(encoded: Any) -> Iterator[tuple[str, str]]:
    match encoded:
        case {"$asset": str(path), "digest": str(digest)}:
            yield path, digest
        case Mapping():
            for item in encoded.values():
                yield from _assets(item)
        case list():
            for item in encoded:
                yield from _assets(item)
