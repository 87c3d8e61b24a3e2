"""Lambda events turned into the bytes of a request, and answers into what the caller of that kind of event gets."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from msgspec.json import encode

_HEADERS = {"content-type": "application/json"}


class BadBody(Exception):
    """The event carries no readable body."""


def is_url_event(event: Any) -> bool:
    """Whether the event came through the function's URL (payload format 2.0), not from a direct invoke."""
    return isinstance(event, dict) and "requestContext" in event


def body_of(event: Mapping[str, Any]) -> bytes:
    """The body of a URL event; raises BadBody."""
    body = event.get("body")
    if not isinstance(body, str) or not body:
        raise BadBody('the body is empty; send {"records": [...]}')
    try:
        return b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, ValueError) as error:
        raise BadBody("the body is not what its encoding says") from error


def url_reply(status: int, answer: Any) -> dict[str, Any]:
    """The answer as an HTTP response; a direct invoke gets the answer alone."""
    return {"statusCode": status, "headers": _HEADERS, "body": encode(answer).decode()}
