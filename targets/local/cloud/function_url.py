"""A function's URL on the mocked cloud: an HTTP request becomes an event, what the function says becomes the reply.

Payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html"""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def url_event(environ: Mapping[str, Any], path: str, body: bytes, *, now: datetime) -> dict[str, Any]:
    """The event for a WSGI request, whose path behind the function's own address is `path`."""
    headers = _headers(environ)
    query = str(environ.get("QUERY_STRING", ""))
    method = str(environ["REQUEST_METHOD"])
    told: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        told.setdefault(name, []).append(value)
    text, encoded = _body(body, headers.get("content-type", ""))
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        **({"queryStringParameters": {name: ",".join(values) for name, values in told.items()}} if told else {}),
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        **({"body": text} if body else {}),
        "isBase64Encoded": encoded,
    }


def url_reply(answer: Any) -> Reply:
    """What the function's answer means; one that names no status is the body, as JSON."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return json_reply(200, answer)
    headers = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    body = str(answer.get("body") or "")
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return Reply(int(answer["statusCode"]), {"content-type": "application/json", **headers}, content)


def json_reply(status: int, answer: Any) -> Reply:
    """An answer as JSON."""
    return Reply(status, {"content-type": "application/json"}, json.dumps(answer).encode())


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    named = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    named |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return {name.replace("_", "-").lower(): str(value) for name, value in named.items()}


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """The body as the event has it, and whether that is base64."""
    if not content_type or content_type.lower().startswith(_TEXTS):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
