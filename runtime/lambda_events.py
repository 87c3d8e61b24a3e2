"""Lambda events turned into requests, and replies into what the sender of that kind of event gets.

Function URLs and HTTP APIs send payload format 2.0, REST APIs 1.0, load balancers a form of their own:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mlspec.runtime.payload import JSON_LENGTH, Payload, Problem, Refusal, WithTensors, broken

_HEADERS = {"content-type": "application/json"}
_JSON = "application/json"
_MANY = "multiValueQueryStringParameters"  # where a load balancer sends every value, it sends no other
_BINARY = "application/octet-stream"
_READY = ("", "ping", "live", "ready")  # the last part of a path that asks whether a release serves
_FIXED = {"", "identity"}  # content encodings that leave a body as it is
_PHRASES = {200: "OK", 400: "Bad Request", 413: "Content Too Large", 415: "Unsupported Media Type",
            500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip


def is_http(event: Any) -> bool:
    """Whether the event is an HTTP request, not a direct invoke."""
    return isinstance(event, dict) and "requestContext" in event


def payload_of(event: Mapping[str, Any]) -> Payload:
    """The request that an HTTP event carries; raises Refusal where its body cannot be read."""
    path = _path(event)
    kind = _header(event, "content-type") or _JSON
    if path.startswith("/v2/") or "/v2/models/" in path:  # an API has its stage, or a domain its part, before it
        return _tensors(event, kind)
    query = event.get("rawQueryString") or event.get(_MANY) or event.get("queryStringParameters")
    payload = Payload(_body(event), kind)
    if query:
        payload = replace(payload, partial=_is_set(query, "partial"), explain=_is_set(query, "explain"))
    return payload


def asks_readiness(event: Mapping[str, Any]) -> bool:
    """Whether an HTTP event sends nothing and only looks, as a load balancer's health check does."""
    context = event["requestContext"]
    http = context.get("http") if isinstance(context, dict) else None
    method = http.get("method") if isinstance(http, dict) else event.get("httpMethod")
    return method in ("GET", "HEAD") and _path(event).rpartition("/")[2] in _READY


def _path(event: Mapping[str, Any]) -> str:
    return str(event.get("rawPath") or event.get("path") or "/")


def _tensors(event: Mapping[str, Any], kind: str) -> Payload:
    """A request of the Open Inference Protocol, which has its flags in the body."""
    length = _header(event, JSON_LENGTH)
    if length or kind.partition(";")[0].strip().lower() == _BINARY:
        return Payload(_body(event), _JSON, "v2", json_length=_json_length(length))
    return Payload(_body(event), kind, "v2")


def _json_length(length: str) -> int:
    """How much of the body is JSON, where tensors follow it (runtime/binary_tensors.py)."""
    if not length.isascii() or not length.isdigit() or len(length) > 20 or not int(length):
        raise _unreadable(f"send the header {JSON_LENGTH}")
    return int(length)


def _header(event: Mapping[str, Any], name: str) -> str:
    """A header; its name is in lower case where it came through HTTP/2, and as the caller wrote it else."""
    headers = event.get("headers") or event.get("multiValueHeaders")
    if not isinstance(headers, dict):
        return ""
    found = headers.get(name)
    if found is None:
        found = next((value for key, value in headers.items() if str(key).lower() == name), "")
    if isinstance(found, list):
        found = found[-1] if found else ""
    return "" if found is None else str(found)


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if not isinstance(body, str) or not body:
        raise _unreadable('the body is empty; send {"records": [...]}')
    encoded = event.get("isBase64Encoded")
    if encoded and _header(event, "content-encoding").strip().lower() not in _FIXED:
        reason = "send the body as it is, without content-encoding"
        raise Refusal(415, {"error": "unsupported media type", "reason": reason})
    try:
        return _from_base64(body) if encoded else body.encode()
    except ValueError as error:
        raise _unreadable("the body is not what its encoding says") from error


def _from_base64(body: str) -> bytes:
    from base64 import b64decode

    return b64decode(body, validate=True)


def _unreadable(reason: str) -> Refusal:
    return broken([Problem(None, None, reason)])


def _is_set(query: Any, name: str) -> bool:
    told = _told(query, name)
    if told not in ([], ["true"], ["false"]):
        raise Refusal(400, {"error": "bad request", "reason": "partial and explain are true or false, once"})
    return told == ["true"]


def _told(query: Any, name: str) -> list[Any]:
    """The values of a query's key: of its text, of an object, or of an object of lists."""
    if isinstance(query, str):
        from urllib.parse import parse_qs

        return parse_qs(query, keep_blank_values=True).get(name, [])
    told = query.get(name, []) if isinstance(query, dict) else []
    return told if isinstance(told, list) else [told]


def balanced(event: Mapping[str, Any]) -> bool:
    """Whether an HTTP event comes from a load balancer."""
    context = event["requestContext"]
    return isinstance(context, dict) and "elb" in context


def http_reply(event: Mapping[str, Any], status: int, body: bytes) -> dict[str, Any]:
    """The reply as the kind of event wants it."""
    headers, text, encoded = _content(body)
    reply = {"statusCode": status, "headers": headers, "body": text, **({"isBase64Encoded": True} if encoded else {})}
    if not balanced(event):
        return reply
    reply |= {"statusDescription": f"{status} {_PHRASES[status]}", "isBase64Encoded": encoded}
    if "multiValueHeaders" in event:
        reply["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
        del reply["headers"]
    return reply


def _content(body: bytes) -> tuple[Mapping[str, str], str, bool]:
    """The headers that tell of a body, its text, and whether that is base64."""
    if not isinstance(body, WithTensors):
        return _HEADERS, body.decode(), False
    from base64 import b64encode

    headers = {"content-type": _BINARY, JSON_LENGTH: str(body.json_length)}
    return headers, b64encode(body).decode(), True
