"""A Lambda event turned into predictions: read and laid out by the generated contract, answered by an engine."""

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import json as fast_json

from mlspec.runtime.emf import write_line
from mlspec.runtime.engines import Folder, Scores
from mlspec.runtime.lambda_events import asks_readiness, http_reply, is_http, payload_of
from mlspec.runtime.payload import Payload, Refusal, ServingContract
from mlspec.runtime.replies import Replying, encode_reply, replying
from mlspec.runtime.requests import decode
from mlspec.runtime.serving_release import NoRelease, Release, load_release
from mlspec.runtime.shutdown import call_at_shutdown
from mlspec.runtime.telemetry import Identity, Telemetry

_HALF = "a text has half of a character, which UTF-8 cannot spell"
_SURELY_FITS = 128 * 1024  # bytes of a body that every sender of events takes, however they are written


class Answer(NamedTuple):
    """What a request gets, and what is counted of it: rows as laid out, and the model's scores."""

    status: int
    body: bytes
    rows: bytes = b""
    scores: Scores | None = None


def serve(contract: ServingContract, folder: Folder) -> "Service":
    """The service of the release in `folder`; what it has counted is written even when the process is told to end."""
    service = Service(contract, folder, os.environ)
    call_at_shutdown(service.telemetry.flush)
    return service


class Service:
    """Answers events one at a time; calling it is the Lambda handler."""

    def __init__(self, contract: ServingContract, folder: Folder, environ: Mapping[str, str]) -> None:
        self._contract = contract
        self._version = environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self._release: Release | None = None
        self._replying: Replying | None = None
        self._missing = ""
        self._deliveries: dict[str, Any] = {}  # by source; made when its first batch comes
        try:
            memory = int(environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))
            self._release = load_release(folder, contract, memory=memory)
            self._replying = replying(contract, self._release.description, self._version)
        except NoRelease as reason:
            self._missing = str(reason)
            _report("release", str(reason.__cause__ or reason))
        self.telemetry = _telemetry(contract, self._version, environ, release=self._release)

    def __call__(self, event: Any, context: Any) -> Any:
        """Answer `event`: an HTTP request with an HTTP response, a direct invoke with the body alone."""
        if is_http(event):
            looks = asks_readiness(event)
            answer = self._readiness() if looks else self._counted(lambda: payload_of(event), context, event)
            return http_reply(event, answer.status, answer.body)
        if isinstance(event, dict) and "Records" in event:
            return self._batch(event, context)
        return fast_json.decode(self._counted(lambda: _direct(event), context, event).body)

    def _readiness(self) -> Answer:
        """Whether a release serves; nobody's request, so nothing is counted."""
        if self._release is not None:
            return Answer(200, b'{"ready":true}')
        return Answer(503, fast_json.encode({"error": "unavailable", "reason": self._missing}))

    def _batch(self, event: dict[str, Any], context: Any) -> Any:
        """Answer what Lambda read from a queue or a stream; its loss is told by raising: all of it comes again."""
        from mlspec.runtime.batches import answer_batch, delivery, is_batch

        if not is_batch(event):
            return fast_json.decode(self._counted(lambda: _direct(event), context, event).body)
        source = event["Records"][0]["eventSourceARN"]
        if source not in self._deliveries:
            self._deliveries[source] = delivery(source)
        return answer_batch(event, lambda payload: self._counted(lambda: payload, context), self._deliveries[source])

    def _counted(self, read: Callable[[], Payload], context: Any, event: Any = None) -> Answer:
        """The answer to one request, which telemetry notes; `event` is its own, where the answer is Lambda's."""
        started = time.perf_counter()
        answer = self._answer(read, context, event)
        latency = (time.perf_counter() - started) * 1000
        self.telemetry.record(status=answer.status, latency=latency, rows=answer.rows, scores=answer.scores)
        return answer

    def _answer(self, read: Callable[[], Payload], context: Any, event: Any) -> Answer:
        try:
            answer = self._predicted(read())
            if len(answer.body) > _SURELY_FITS and event is not None:
                from mlspec.runtime.reply_room import check_reply

                check_reply(event, answer.body)
            return answer
        except Refusal as refusal:
            return Answer(refusal.status, _encoded(refusal.body))
        except UnicodeEncodeError:  # what a direct invoke names, such as an id, would have to be sent back
            return Answer(400, _encoded({"error": _HALF}))
        except Exception:
            import traceback

            request = str(getattr(context, "aws_request_id", ""))
            _report("failure", traceback.format_exc(), request=request)
            return Answer(500, fast_json.encode({"error": "internal", "request": request}))

    def _predicted(self, payload: Payload) -> Answer:
        if self._release is None or self._replying is None:
            raise Refusal(503, {"error": "unavailable", "reason": self._missing})
        decoded = decode(self._contract, payload)
        scores = self._release.engine.predict(decoded.rows)
        explanations = self._release.explanations(decoded, scores)
        return Answer(200, encode_reply(self._replying, decoded, scores, explanations), decoded.rows, scores)


def _encoded(refused: Mapping[str, Any]) -> bytes:
    try:
        return fast_json.encode(refused)
    except UnicodeEncodeError:
        return fast_json.encode({"error": _HALF})


def _direct(event: Any) -> Payload:
    """The body of a direct invoke; tensors are known by their key."""
    return Payload(event, protocol="v2" if isinstance(event, dict) and "inputs" in event else "mlspec")


def _telemetry(
    contract: ServingContract, version: str, environ: Mapping[str, str], *, release: Release | None
) -> Telemetry:
    environment = environ.get("MLSPEC_ENVIRONMENT", "")
    if release is None:
        return Telemetry(Identity(contract.MODEL, environment, version), None)
    identity = Identity(contract.MODEL, environment, version, release.name, release.profile)
    return Telemetry(identity, release.histograms)


def _report(kind: str, text: str, *, request: str = "") -> None:
    """One line for those who run the service; no caller sees it."""
    write_line(json.dumps({"mlspec": kind, "request": request, "text": text}))
