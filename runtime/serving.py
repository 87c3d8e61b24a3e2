"""A Lambda event turned into predictions: read and laid out by the generated contract, answered by an engine."""

import json
import os
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mlspec.runtime.answers import ANSWERS
from mlspec.runtime.emf import write_line
from mlspec.runtime.engines import Scores
from mlspec.runtime.function_url import is_url_event, url_reply
from mlspec.runtime.requests import Refusal, ServingContract, read_records
from mlspec.runtime.serving_release import NoRelease, Release, load_release
from mlspec.runtime.shutdown import call_at_shutdown
from mlspec.runtime.telemetry import Identity, Telemetry


class Answer(NamedTuple):
    """What a request gets, and what is counted of it: rows as laid out, and the model's scores."""

    status: int
    body: dict[str, Any]
    rows: bytes = b""
    scores: Scores | None = None


def serve(contract: ServingContract, folder: Path) -> "Service":
    """The service of the release in `folder`; what it has counted is written even when the process is told to end."""
    service = Service(contract, folder, os.environ)
    call_at_shutdown(service.telemetry.flush)
    return service


class Service:
    """Answers events one at a time; calling it is the Lambda handler."""

    def __init__(self, contract: ServingContract, folder: Path, environ: Mapping[str, str]) -> None:
        self._contract = contract
        self._version = environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self._release: Release | None = None
        self._missing = ""
        try:
            memory = int(environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))
            self._release = load_release(folder, contract.FEATURES, memory=memory)
        except NoRelease as reason:
            self._missing = str(reason)
            _report("release", str(reason.__cause__ or reason))
        self.telemetry = _telemetry(contract, self._version, environ, release=self._release)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer `event`: as an HTTP response when it came through the URL, else with the body alone."""
        started = time.perf_counter()
        answer = self._answer(event, context)
        reply = url_reply(answer.status, answer.body) if is_url_event(event) else answer.body
        latency = (time.perf_counter() - started) * 1000
        self.telemetry.record(status=answer.status, latency=latency, rows=answer.rows, scores=answer.scores)
        return reply

    def _answer(self, event: Any, context: Any) -> Answer:
        try:
            return self._predicted(event)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body)
        except Exception:
            request = str(getattr(context, "aws_request_id", ""))
            _report("failure", traceback.format_exc(), request=request)
            return Answer(500, {"error": "internal", "request": request})

    def _predicted(self, event: Any) -> Answer:
        release, contract = self._release, self._contract
        if release is None:
            raise Refusal(503, {"error": "unavailable", "reason": self._missing})
        rows = contract.assemble(read_records(event, contract))
        scores = release.engine.predict(rows)
        body = {
            "model": contract.MODEL,
            "release": release.name,
            "version": self._version,
            "predictions": ANSWERS[contract.TASK](scores, release.classes),
        }
        return Answer(200, body, rows, scores)


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
