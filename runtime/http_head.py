"""The head of a request turned into what is to be done: which route, how long a body, or why it is refused."""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, unquote_to_bytes

from msgspec import Struct

from mlspec.runtime.http_replies import Page, refusal
from mlspec.runtime.payload import JSON_LENGTH

CHUNKED = -1
_LONGEST_PATH = 2048
_TYPES = (b"application/json", b"text/csv")
_JSON_LENGTH = JSON_LENGTH.encode()
_BINARY = b"application/octet-stream"  # JSON, and tensors behind it
_JSON = "application/json"
_UNKNOWN = "other"
_FLAGS = ("partial", "explain")


class Route(Struct, frozen=True, gc=False):
    """One path: `protocol` where it takes rows to predict, else the page it shows; `name` is one of ROUTES."""

    name: str
    protocol: str = ""
    page: Callable[[], Page] | None = None

    @property
    def allow(self) -> bytes:
        """The methods of the route."""
        return b"POST" if self.protocol else b"GET, HEAD"


class Head(Struct, frozen=True, gc=False):
    """A request without its body; `length` may be CHUNKED. `refused` is the answer whatever the body is."""

    route: Route
    words: bytes  # method and path, as the access log has them
    length: int
    keep_alive: bool
    with_body: bool = True  # whether the response has one
    content_type: str = ""
    partial: bool = False
    explain: bool = False
    expects: bool = False  # 100-continue
    refused: Page | None = None
    json_length: int = 0  # of the body, where tensors follow it
    plain: bool = False  # the body is JSON in mlspec's own form, and the query asks for no more


class RawHead(NamedTuple):
    """What the parser saw; header names in lower case."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    keep_alive: bool
    version: str = "1.1"


def read_head(raw: RawHead, routes: Mapping[bytes, Route], *, most: int) -> Head:
    """The head of `raw`, for bodies of at most `most` bytes."""
    path, _, query = _origin_form(raw.target).partition(b"?")
    route = routes.get(_plain(path))
    length = _length(raw.headers)
    content_type = raw.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    asked = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True) if query else {}
    partial, explain = (asked.get(flag, ["false"]) for flag in _FLAGS)
    route_taken = route or Route(_UNKNOWN)
    own_json = route_taken.protocol == "mlspec" and _kind(content_type) == _JSON
    return Head(
        route=route_taken,
        words=_words(raw.method, path),
        length=length,
        keep_alive=raw.keep_alive and raw.version == "1.1",  # an older sender waits to be told that it may stay
        with_body=raw.method != b"HEAD",
        content_type=_kind(content_type),
        plain=own_json and ["true"] not in (partial, explain),
        json_length=_json_length(raw.headers) if route_taken.protocol == "v2" else 0,
        partial=partial == ["true"],
        explain=explain == ["true"],
        expects=raw.headers.get(b"expect", b"").lower() == b"100-continue" and raw.version == "1.1",
        refused=_refused(raw, path, route, content_type)
        or _unclear(route, partial, explain)
        or _too_long(length, most),
    )


def _origin_form(target: bytes) -> bytes:
    """The target without scheme and authority, which a sender may put before it (RFC 9112, 3.2.2)."""
    scheme, found, rest = target.partition(b"://")
    if not found or scheme.lower() not in (b"http", b"https"):
        return target
    told = rest[len(rest.partition(b"?")[0].partition(b"/")[0]) :]
    return told if told.startswith(b"/") else b"/" + told


def _plain(path: bytes) -> bytes:
    """The path without escapes that it does not need (RFC 3986, 6.2.2.2); that of a slash means another path."""
    return unquote_to_bytes(path) if b"%" in path and b"%2f" not in path.lower() else path


def _kind(content_type: bytes) -> str:
    """What the JSON, or all of the body, is."""
    return _JSON if content_type in (b"", _BINARY) else content_type.decode("ascii", "replace")


def _json_length(headers: Mapping[bytes, bytes]) -> int:
    """How much of the body is JSON; 0 where that is not said."""
    length = headers.get(_JSON_LENGTH, b"")
    return int(length) if length.isdigit() and len(length) < 20 else 0


def _length(headers: Mapping[bytes, bytes]) -> int:
    """The parser has refused two lengths, a length beside chunks, and what is no number."""
    return CHUNKED if b"transfer-encoding" in headers else int(headers.get(b"content-length", b"0"))


def _refused(raw: RawHead, path: bytes, route: Route | None, content_type: bytes) -> Page | None:
    if len(path) > _LONGEST_PATH:
        return refusal(414, "path too long", f"a path has at most {_LONGEST_PATH} bytes")
    if b"," in raw.headers.get(b"host", b",") and raw.version == "1.1":  # none, or several
        return refusal(400, "bad request", "a request has one host header")
    if route is None:
        return refusal(404, "not found", "no such path; GET /docs lists those there are")
    if raw.method not in route.allow.split(b", "):
        return refusal(405, "method not allowed", f"use {route.allow.decode()}", allow=route.allow)
    return _unreadable(raw.headers, content_type, v2=route.protocol == "v2") if route.protocol else None


def _unreadable(headers: Mapping[bytes, bytes], content_type: bytes, *, v2: bool) -> Page | None:
    """Why a body cannot be read, whatever it holds."""
    if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return refusal(417, "expectation failed", "the only expectation that is met is 100-continue")
    if headers.get(b"transfer-encoding", b"chunked").strip().lower() != b"chunked":
        return refusal(501, "not implemented", "the only transfer encoding is chunked")
    if b"transfer-encoding" not in headers and b"content-length" not in headers:
        return refusal(411, "length required", "send content-length, or the body in chunks")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        return refusal(415, "unsupported media type", "send the body as it is, without content-encoding")
    types = (_TYPES[0], _BINARY) if v2 else _TYPES
    if content_type == _BINARY and v2 and not _json_length(headers):
        return refusal(411, "length required", f"send {JSON_LENGTH}: how much of the body is JSON")
    if content_type and content_type not in types:
        return refusal(415, "unsupported media type", f"send {' or '.join(kind.decode() for kind in types)}")
    return None


def _unclear(route: Route | None, *flags: list[str]) -> Page | None:
    """The Open Inference Protocol has its flags in the body, and pages have none."""
    if route is None or route.protocol != "mlspec" or all(flag in (["true"], ["false"]) for flag in flags):
        return None
    return refusal(400, "bad request", f"{' and '.join(_FLAGS)} are true or false, once")


def _too_long(length: int, most: int) -> Page | None:
    return too_large(most) if length > most else None


def too_large(most: int) -> Page:
    """The answer to a body of more than `most` bytes."""
    return refusal(413, "too large", f"a request has at most {most} bytes")


def _words(method: bytes, path: bytes) -> bytes:
    """A part of a JSON object: a path is any bytes, so what is not plain ASCII becomes a question mark."""
    plain = bytes(c if 32 < c < 127 and c not in b'"\\' else 63 for c in path[:200])
    return b'"method":"%b","path":"%b"' % (method, plain)
