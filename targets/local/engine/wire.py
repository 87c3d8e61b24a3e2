"""Pulumi's protocol values (structs with marked secrets and assets) to plain Python values, and back."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2  # type: ignore[import-untyped]

# The marks of Pulumi's protocol: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
_MARK = "4dabf18193072939515e22adb298388d"
_SEALED = "1b47061264138c4ac30d75fd1eb44270"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret's value on its way to a provider; it prints as nothing."""

    value: Any

    def __repr__(self) -> str:
        return "Sealed()"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file the program ships: its path as the program wrote it, and the folder that is relative to."""

    path: str
    folder: Path

    @property
    def location(self) -> Path:
        """Where it lies on this machine."""
        return self.folder / self.path

    @property
    def sha256(self) -> str:
        """The digest of what it holds."""
        return hashlib.sha256(self.location.read_bytes()).hexdigest()


class Unknown(Exception):
    """A value that another resource did not give."""


def decode(struct: struct_pb2.Struct, folder: Path) -> dict[str, Any]:
    """The struct's fields; `folder` is what the paths of assets are relative to."""
    return {key: _decode(value, folder) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value, folder: Path) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _marked(decode(value.struct_value, folder), folder)
        case "list_value":
            return [_decode(item, folder) for item in value.list_value.values]
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "string_value" if value.string_value == _UNKNOWN:
            raise Unknown
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _marked(fields: dict[str, Any], folder: Path) -> Any:
    match fields.get(_MARK):
        case str(mark) if mark == _SEALED:
            return Sealed(fields["value"])
        case str(mark) if mark in (_ASSET, _ARCHIVE) and "path" in fields:
            return LocalFile(fields["path"], folder)
        case None:
            return fields
        case _:
            raise NotImplementedError(f"a value of the kind {fields[_MARK]} cannot be deployed locally")


def encode(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """The protocol's form of `value`; secrets stay marked, files are left out."""
    struct = struct_pb2.Struct()
    struct.update({key: _encode(item) for key, item in value.items() if not isinstance(item, LocalFile)})
    return struct


def _encode(value: Any) -> Any:
    match value:
        case Sealed():
            return {_MARK: _SEALED, "value": _encode(value.value)}
        case Mapping():
            return {key: _encode(item) for key, item in value.items()}
        case list() | tuple():
            return [_encode(item) for item in value]
        case _:
            return value


def revealed(value: Any) -> Any:
    """`value` with its secrets open: for a provider, and nobody else."""
    match value:
        case Sealed():
            return revealed(value.value)
        case dict():
            return {key: revealed(item) for key, item in value.items()}
        case list():
            return [revealed(item) for item in value]
        case _:
            return value


def recorded(value: Any, salt: str) -> Any:
    """`value` as the state keeps it: a secret is a slow salted hash, enough to see that it changed."""
    match value:
        case Sealed():
            return {"$secret": _fingerprint(repr(revealed(value)), salt)}
        case LocalFile():
            return {"$asset": value.path, "sha256": value.sha256}
        case dict():
            return {key: recorded(item, salt) for key, item in value.items()}
        case list():
            return [recorded(item, salt) for item in value]
        case _:
            return value


@lru_cache(maxsize=256)
def _fingerprint(text: str, salt: str) -> str:
    return hashlib.scrypt(text.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16).hex()


def secrets_in(value: Any) -> set[str]:
    """Every text that stands inside a secret of `value`."""
    match value:
        case Sealed():
            return _texts(revealed(value))
        case dict():
            return set().union(*(secrets_in(item) for item in value.values()))
        case list():
            return set().union(*(secrets_in(item) for item in value))
        case _:
            return set()


def _texts(value: Any) -> set[str]:
    match value:
        case dict():
            return set().union(*(_texts(item) for item in value.values()))
        case list():
            return set().union(*(_texts(item) for item in value))
        case None | bool() | "":
            return set()
        case _:
            return {str(value)}
