"""A failed change, told as a diagnostic: the resource, the line of the spec that asked for it, what to try."""

from collections.abc import Iterable, Mapping
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, Span
from mlspec.targets.local.engine.providers.contract import Refused

_HINTS: Mapping[str, str] = {
    "Exists": "something else has that name: delete it, or change the name in the spec",
    "InUse": "something else has that name: delete it, or change the name in the spec",
    "Conflict": "something else has that name: delete it, or change the name in the spec",
    "AlreadyOwned": "something else has that name: delete it, or change the name in the spec",
    "EndpointConnection": "the mocked cloud does not answer: mlspec local start, then apply again",
    "ConnectionClosed": "the mocked cloud does not answer: mlspec local start, then apply again",
    "ConnectTimeout": "the mocked cloud does not answer: mlspec local start, then apply again",
    "AccessDenied": "the stack's own policies forbid it: look at the last change of a policy",
    "Validation": "the value is not one AWS takes: compile again, and say mlspec's version when you report it",
    "FileNotFound": "build the packages first: mlspec apply does both",
}
_OTHERWISE = "apply again: what was done is recorded, and the rest is tried once more"


def failure(error: Exception, record: Mapping[str, Any], *, doing: str, secrets: Iterable[str] = ()) -> Diagnostic:
    """The diagnostic of `error`, raised while `doing` (create, update, ...) the recorded resource."""
    origin = record.get("declared", {}).get("origin")
    kind = record["type"].rpartition(":")[2]
    message = f"cannot {doing} {record['name']} ({kind}): {_hidden(_message(error), secrets)}"
    hint = error.hint if isinstance(error, Refused) else _hint(error)
    return Diagnostic("ML601", message, span=span_of(origin), hint=hint)


def span_of(origin: Any) -> Span | None:
    """The span an entry of graph.json came from: `file:line:column`, or an object that says the same."""
    if isinstance(origin, Mapping):
        inner = origin.get("span", origin)
        if not isinstance(inner, Mapping):
            return span_of(inner)
        if not {"file", "line", "column"} <= set(inner):
            return None
        return Span(inner["file"], inner["line"], inner["column"], inner.get("width", 1))
    if isinstance(origin, str):
        parts = origin.rsplit(":", 2)
        if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
            return Span(parts[0], int(parts[1]), int(parts[2]))
    return None


def _message(error: Exception) -> str:
    details = getattr(error, "response", {}).get("Error", {})
    if "<html" in details.get("Message", ""):
        return f"the cloud answered with error {details.get('Code', '')}, which says nothing more"
    if details:
        return f"{details.get('Code', '')}: {details.get('Message', '')}".strip(": ")
    if isinstance(error, FileNotFoundError):
        return f"the file {error.filename} is not there"
    return str(error) or type(error).__name__


def _hint(error: Exception) -> str:
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    names = f"{code} {type(error).__name__}"
    return next((hint for word, hint in _HINTS.items() if word in names), _OTHERWISE)


def _hidden(text: str, secrets: Iterable[str]) -> str:
    """A cloud may quote what it was sent; a secret is never repeated."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "(secret)")
    return text
