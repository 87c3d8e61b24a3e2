"""What a provider is: how resources of one type are made, changed, found, read and deleted through boto3."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

Inputs: TypeAlias = Mapping[str, Any]
Outputs: TypeAlias = dict[str, Any]


class Cloud(Protocol):
    """The mocked cloud, as far as providers need it."""

    @property
    def endpoint(self) -> str:
        """Its URL."""

    @property
    def id(self) -> str:
        """What tells it from one started later."""

    @property
    def account(self) -> str:
        """The account number."""

    @property
    def region(self) -> str:
        """The region's name."""

    def client(self, service: str) -> Any:
        """A boto3 client for the service."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where one resource is made; `force` says that the data in it may be deleted with it; `packages` is the folder of
    what was built for it."""

    cloud: Cloud
    urn: str
    force: bool = False
    packages: Path | None = None

    def client(self, service: str) -> Any:
        """A boto3 client for the service."""
        return self.cloud.client(service)

    @property
    def name(self) -> str:
        """The resource's logical name: what it is called where the program gives no physical one."""
        return self.urn.rpartition("::")[2]

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the stack's account and region."""
        return f"arn:aws:{service}:{self.cloud.region}:{self.cloud.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Existing:
    """A resource as it is known: its id, the inputs it was made with, all its outputs."""

    id: str
    inputs: Inputs = field(default_factory=dict)
    outputs: Inputs = field(default_factory=dict)

    def changed(self, inputs: Inputs, *names: str) -> bool:
        """Whether one of the named inputs is another one now."""
        return any(self.inputs.get(name) != inputs.get(name) for name in names)


class Made(NamedTuple):
    """A new resource: its id, and the outputs that are not inputs."""

    id: str
    outputs: Outputs


class Refused(Exception):
    """A provider will not do it; the message and the hint are for the user."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _unread(site: Site, existing: Existing) -> Outputs:
    return {}


@dataclass(frozen=True, slots=True)
class Provider:
    """One resource type.

    `find` says the id of the resource that `inputs` would make, when it is there already; `read` gives those inputs
    that the cloud can tell, as it has them; `replace_on` are the inputs that cannot be changed in place; `shared`
    things may exist before they are made (a log group), and are then taken over."""

    create: Callable[[Site, Inputs], Made]
    update: Callable[[Site, Existing, Inputs], Outputs]
    delete: Callable[[Site, Existing], None]
    find: Callable[[Site, Inputs], str | None]
    read: Callable[[Site, Existing], Outputs] = _unread
    replace_on: frozenset[str] = frozenset()
    shared: bool = False


def put_provider(
    put: Callable[[Site, Inputs], Made],
    *,
    delete: Callable[[Site, Existing], None],
    find: Callable[[Site, Inputs], str | None],
    read: Callable[[Site, Existing], Outputs] = _unread,
    replace_on: frozenset[str] = frozenset(),
) -> Provider:
    """A provider for what one call both makes and changes."""
    return Provider(
        create=put,
        update=lambda site, existing, inputs: put(site, inputs).outputs,
        delete=delete,
        find=find,
        read=read,
        replace_on=replace_on,
    )


_ABSENT = (
    "NotFound", "NoSuch", "NonExistent", "DoesNotExist", "404", "NotFoundException",
    "ServerSideEncryptionConfigurationNotFoundError", "OwnershipControlsNotFoundError",
)  # fmt: skip


def absent(error: Exception) -> bool:
    """Whether a client's error says that the thing is not there."""
    details = getattr(error, "response", {}).get("Error", {})
    code, message = str(details.get("Code", "")), str(details.get("Message", ""))
    gone = any(word in code for word in _ABSENT)
    return gone or (
        code.startswith("Validation") and any(word in message for word in ("not find", "not found", "not exist"))
    )


def attempt(call: Callable[..., Any], **arguments: Any) -> Any | None:
    """What the call returns, or None when the thing it names is not there."""
    try:
        return call(**arguments)
    except Exception as error:
        if absent(error):
            return None
        raise


def pick(inputs: Inputs, names: Mapping[str, str]) -> dict[str, Any]:
    """The inputs that are given, under the service's own names: `pick({"a": 1}, {"a": "Alpha", "b": "Beta"})`."""
    return {theirs: inputs[ours] for ours, theirs in names.items() if inputs.get(ours) is not None}


def pascal(value: Any, special: Mapping[str, str] | None = None) -> Any:
    """camelCase keys to PascalCase, at every depth; `special` names those that follow no rule."""
    special = special or {}
    if isinstance(value, Mapping):
        return {
            special.get(key, key[:1].upper() + key[1:]): pascal(item, special)
            for key, item in value.items()
            if item is not None
        }
    return [pascal(item, special) for item in value] if isinstance(value, list) else value


def tag_list(inputs: Inputs, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """The `tags` input as the list of pairs most services take."""
    return [{key: name, value: text} for name, text in sorted((inputs.get("tags") or {}).items())]


def dropped_tags(existing: Existing, inputs: Inputs) -> list[str]:
    """Tags the resource had and is to have no more."""
    return sorted(set(existing.inputs.get("tags") or {}) - set(inputs.get("tags") or {}))
