"""Writes values of the graph as plain JSON: exactly, for machines, and with `${resource.output}`, for readers."""

import json
from collections.abc import Mapping
from typing import Any

from mlspec.compiler.graph import Asset, Join, Json, Name, Ref, Secret, Value


def encode(value: Value) -> Any:
    """The form of graph.json: literals as they are, all else an object with one `$` key."""
    match value:
        case Ref(resource, output):
            return {"$ref": [resource, output]}
        case Join(parts):
            return {"$join": [encode(part) for part in parts]}
        case Json(document):
            return {"$json": encode(document)}
        case Asset(path, digest):
            return {"$asset": path, "digest": digest}
        case Secret(name):
            return {"$secret": name}
        case Name(resource):
            raise ValueError(f"the name of '{resource}' was never filled in")
        case tuple():
            return [encode(item) for item in value]
        case Mapping():
            return {key: encode(value[key]) for key in sorted(value)}
        case _:
            return value


def shown(encoded: Any) -> Any:
    """An encoded value as a person reads it: references become text, documents lie open, secrets stay closed."""
    match encoded:
        case {"$ref": [resource, output]}:
            return f"${{{resource}.{output}}}"
        case {"$join": parts}:
            return "".join(str(shown(part)) for part in parts)
        case {"$json": document}:
            return shown(document)
        case {"$asset": path, "digest": digest}:
            return f"{path}@{digest[:16]}"
        case {"$secret": name}:
            return f"(secret {name})"
        case dict():
            return {key: shown(item) for key, item in encoded.items()}
        case list():
            return [shown(item) for item in encoded]
        case _:
            return encoded


def shown_text(value: Value) -> str:
    """A value of the graph in one line."""
    return compact(shown(encode(value)))


def compact(plain: Any) -> str:
    """Plain JSON in one line with sorted keys; a string stays itself."""
    return plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True, ensure_ascii=False)


def pretty(plain: Any) -> bytes:
    """Plain JSON for a file: indented, keys sorted, one newline at the end."""
    return (json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
