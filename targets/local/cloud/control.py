"""The control routes under /mlspec/, in front of moto's own application."""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mlspec.targets.local.cloud.behaviours import SHIMS
from mlspec.targets.local.cloud.function_url import Reply, json_reply, url_event, url_reply
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
        reply = self._reply(environ, path.removeprefix("/mlspec/"), body)
        headers = {**reply.headers, "content-length": str(len(reply.body))}
        start_response(f"{reply.status} .", list(headers.items()))
        return [reply.body]

    def _reply(self, environ: Mapping[str, Any], route: str, body: bytes) -> Reply:
        from werkzeug.exceptions import HTTPException

        method = environ["REQUEST_METHOD"]
        try:
            if route.startswith("url/"):
                return self._url(environ, *route.split("/", 3)[1:], body=body)
            found = self._routes.get((method, route))
            if found is None:
                return json_reply(404, {"error": f"no route {method} {route}"})
            return json_reply(*found(json.loads(body or b"{}")))
        except HTTPException as error:  # an AWS service's own refusal
            return json_reply(error.code or 500, {"error": str(error.description)})
        except ValueError as error:
            return json_reply(400, {"error": str(error)})
        except Exception as error:  # ours: the caller shall see it, and the log has the rest
            log.exception("%s %s failed", method, route)
            return json_reply(500, {"error": f"{type(error).__name__}: {error}"})

    def _clock(self, body: Mapping[str, Any]) -> Answer:
        return 200, {"now": self._world.clock.now().isoformat(), "id": self._world.id, "pid": os.getpid()}

    def _move(self, body: Mapping[str, Any]) -> Answer:
        if "set" in body:
            return 200, {"now": self._timeline.put(datetime.fromisoformat(body["set"])).isoformat()}
        now = self._world.clock.now()
        to = datetime.fromisoformat(body["to"]) if "to" in body else now + timedelta(seconds=float(body["by"]))
        return 200, {"now": self._timeline.advance(to, through_waits=body.get("through_waits", True)).isoformat()}

    def _url(self, environ: Mapping[str, Any], function: str, alias: str, path: str = "", *, body: bytes) -> Reply:
        """A request to a function's URL."""
        failed: dict[str, str] = {}
        event = url_event(environ, f"/{path}", body, now=self._world.clock.now())
        payload = self._world.backend("lambda").invoke(function, alias, json.dumps(event), {}, failed)
        answer = json.loads(payload)
        if failed.get("x-amz-function-error"):
            return json_reply(502, {"error": "the function failed", "detail": answer})
        return url_reply(answer)
