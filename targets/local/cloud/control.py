"""The control routes under /mlspec/, in front of moto's own application."""

import base64
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mlspec.targets.local.cloud.behaviours import SHIMS
from mlspec.targets.local.cloud.inventory import inventory
from mlspec.targets.local.cloud.timeline import Timeline
from mlspec.targets.local.cloud.world import World

log = logging.getLogger(__name__)
Answer = tuple[int, dict[str, Any]]
Start = Callable[[str, list[tuple[str, str]]], Any]


class Control:
    """A WSGI application: ours under /mlspec/, moto's for the rest."""

    def __init__(self, world: World, timeline: Timeline, inner: Callable[..., Iterable[bytes]]) -> None:
        self._world = world
        self._timeline = timeline
        self._inner = inner
        self._routes: dict[tuple[str, str], Callable[[Mapping[str, Any]], Answer]] = {
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._move,
            ("GET", "waiting"): lambda body: (200, self._timeline.waiting()),
            ("GET", "shims"): lambda body: (200, {"shims": list(SHIMS)}),
            ("GET", "inventory"): lambda body: (200, dict(inventory(self._world))),
            ("POST", "settle"): lambda body: (200, {"settled": self._timeline.settle(float(body.get("timeout", 600)))}),
        }

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith("/mlspec/"):
            return self._inner(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        status, answer = self._handle(str(environ["REQUEST_METHOD"]), path.removeprefix("/mlspec/"), body)
        content = json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start_response(f"{status} .", headers)
        return [content]

    def _handle(self, method: str, route: str, body: bytes) -> Answer:
        from werkzeug.exceptions import HTTPException

        try:
            if route.startswith("url/"):
                _, function, alias = route.split("/", 2)
                return self._url(function, alias, method=method, body=body)
            found = self._routes.get((method, route))
            if found is None:
                return 404, {"error": f"no route {method} {route}"}
            return found(json.loads(body or b"{}"))
        except HTTPException as error:  # an AWS service's own refusal
            return error.code or 500, {"error": str(error.description)}
        except ValueError as error:
            return 400, {"error": str(error)}
        except Exception as error:  # ours: the caller shall see it, and the log has the rest
            log.exception("%s %s failed", method, route)
            return 500, {"error": f"{type(error).__name__}: {error}"}

    def _clock(self, body: Mapping[str, Any]) -> Answer:
        return 200, {"now": self._world.clock.now().isoformat(), "id": self._world.id, "pid": os.getpid()}

    def _move(self, body: Mapping[str, Any]) -> Answer:
        if "set" in body:
            return 200, {"now": self._timeline.put(datetime.fromisoformat(body["set"])).isoformat()}
        now = self._world.clock.now()
        to = datetime.fromisoformat(body["to"]) if "to" in body else now + timedelta(seconds=float(body["by"]))
        return 200, {"now": self._timeline.advance(to, through_waits=body.get("through_waits", True)).isoformat()}

    def _url(self, function: str, alias: str, *, method: str, body: bytes) -> Answer:
        """A request to a function URL: payload format 2.0 in, the status and body the function gave out."""
        response_headers: dict[str, str] = {}
        event = json.dumps(_url_event(method, body))
        lambdas = self._world.backend("lambda")
        payload = lambdas.invoke(function, alias, event, {}, response_headers)
        answer = json.loads(payload)
        if response_headers.get("x-amz-function-error"):
            return 502, {"error": "the function failed", "detail": answer}
        if not isinstance(answer, dict) or "statusCode" not in answer:
            return 200, answer if isinstance(answer, dict) else {"answer": answer}
        return int(answer["statusCode"]), json.loads(answer.get("body") or "{}")


def _url_event(method: str, body: bytes) -> dict[str, Any]:
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": "/"}, "requestId": str(uuid.uuid4())},
        "body": text,
        "isBase64Encoded": encoded,
    }
