"""Turns the record of what is deployed into JSON and back; a record that was cut short or edited is refused."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mlspec.compiler.entries import Entry, entry_of
from mlspec.specs.diagnostics import Diagnostic, SpecError

FORMAT = 1
_CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class StateResource:
    """One resource as it was made. `declared` is its entry of graph.json; pending: somebody began to change it."""

    type: str
    name: str
    urn: str
    id: str | None
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    dependencies: tuple[str, ...]
    options: Mapping[str, Any]
    declared: Mapping[str, Any]
    status: Literal["done", "pending"] = "done"

    @property
    def entry(self) -> Entry:
        """What the graph said of it when it was made."""
        return entry_of({"properties": {}, **self.declared, "type": self.type, "name": self.name})


@dataclass(frozen=True, slots=True)
class State:
    """One stack as the last apply left it; `complete` says that it got to its end."""

    lineage: str
    serial: int
    stack: str
    target: str
    cloud: str
    account: str
    region: str
    bundle: str
    complete: bool
    spec: Mapping[str, Any]
    resources: Mapping[str, StateResource] = field(default_factory=dict)


def parse_state(source: Mapping[str, Any] | str | bytes, *, file: str = "the state") -> State:
    """The state of a file's content, whose checksum is held, or of its JSON values; raises SpecError."""
    document = source if isinstance(source, Mapping) else _opened(source, file=file)
    if document.get("format") != FORMAT:
        hint = "use the mlspec that wrote it, or a later one"
        raise _refused("ML512", f"{file} has format {document.get('format')!r}; this mlspec reads {FORMAT}", hint=hint)
    try:
        return _state(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(file) from error


def print_state(state: State) -> bytes:
    """The content of a state's file; its last key is a digest of all the others."""
    body = state_document(state)
    return _text({**body, _CHECKSUM: hashlib.sha256(_text(body)).hexdigest()})


def state_document(state: State) -> dict[str, Any]:
    """The state as plain JSON values."""
    plain = asdict(state)
    plain["resources"] = {
        name: {**held, "dependencies": list(held["dependencies"])} for name, held in sorted(plain["resources"].items())
    }
    return {"format": FORMAT, **plain}


def _state(document: Mapping[str, Any]) -> State:
    plain = {name: document[name] for name in State.__slots__ if name != "resources"}
    held = {name: _resource(resource) for name, resource in sorted(document["resources"].items())}
    return State(**plain, resources=held)


def _resource(document: Mapping[str, Any]) -> StateResource:
    known = {name: document[name] for name in StateResource.__slots__ if name in document}
    return StateResource(**{**known, "dependencies": tuple(document.get("dependencies", ()))})


def _opened(content: str | bytes, *, file: str) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
        checksum = document.pop(_CHECKSUM)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise _damaged(file) from error
    if hashlib.sha256(_text(document)).hexdigest() != checksum:
        raise _damaged(file)
    return dict(document)


def _text(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _damaged(file: str) -> SpecError:
    hint = "restore it from the .previous beside it, or from a backup; do not edit it"
    return _refused("ML510", f"{file} was cut short or edited: its checksum does not fit", hint=hint)


def _refused(code: str, message: str, *, hint: str) -> SpecError:
    return SpecError([Diagnostic(code, message, hint=hint)])
