"""Lambda: invocations run the deployed zip; alias weights route; lines go to the log group and to metrics."""

import json
from dataclasses import replace
from typing import Any

from mlspec.targets.local.cloud import emf
from mlspec.targets.local.cloud.lambda_pool import Pool, stream_of
from mlspec.targets.local.cloud.lambda_worker import Outcome
from mlspec.targets.local.cloud.log_lines import write_lines
from mlspec.targets.local.cloud.world import World

SHIM = "Lambda runs each deployed zip in a process under AWS's own runtime client, on this machine's Python"

MOST_BYTES = 6 * 1024 * 1024  # Lambda's limit for what an invocation is sent and for what it answers
_TOO_LARGE = json.dumps(
    {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
).encode()


def install(world: World) -> None:
    """Put real invocations behind moto's one seam, and weighted routing before it."""
    from moto.awslambda.models import LambdaBackend, LambdaFunction
    from moto.awslambda.responses import LambdaResponse

    pool = Pool(world)
    world.pools["lambda"] = pool
    plain_invoke, plain_answer = LambdaBackend.invoke, LambdaResponse.invoke

    def run(self: Any, event: Any = None) -> tuple[str, bool, str]:
        payload = event if isinstance(event, str) else json.dumps({} if event is None else event)
        outcome = pool.invoke(self, payload.encode())
        if len(outcome.payload) > MOST_BYTES:
            outcome = replace(outcome, payload=_TOO_LARGE, error="Unhandled")
        lines = _lines(self, outcome)
        write_lines(world, self.logs_group_name, stream=stream_of(world, self), lines=lines)
        emf.take(world, lines)
        return outcome.payload.decode(), bool(outcome.error), "\n".join(lines)

    def invoke(
        self: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> Any:
        if len(body if isinstance(body, bytes) else str(body or "").encode()) > MOST_BYTES:
            raise _too_large()
        name, qualifier = _split(function_name, qualifier)
        version = _route(world, self, name, qualifier)
        response_headers["X-Amz-Executed-Version"] = version or "$LATEST"
        kind = (headers or {}).get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            world.activity.background("lambda", lambda: _quietly(plain_invoke, self, name, version, body))
            return b""
        with world.activity.of("lambda"):
            payload = plain_invoke(self, name, version, body, headers or {}, response_headers)
        if "x-amz-function-error" in response_headers:
            response_headers["x-amz-function-error"] = "Unhandled"  # moto says Handled, which no managed runtime does
        return payload

    def answer(self: Any) -> Any:
        """moto looks for `qualifier`, clients send `Qualifier`."""
        given, named = self._get_param, (self.querystring or {}).get("Qualifier", [None])[0]
        self._get_param = lambda name, default=None: named if name == "qualifier" else given(name, default)
        return plain_answer(self)

    LambdaResponse.invoke = answer  # type: ignore[method-assign]
    LambdaFunction._invoke_lambda = run  # type: ignore[method-assign]
    LambdaBackend.invoke = invoke  # type: ignore[method-assign]


def _too_large() -> Exception:
    from moto.awslambda.exceptions import LambdaClientError

    error = LambdaClientError("RequestTooLargeException", f"Request must be smaller than {MOST_BYTES} bytes")
    error.code = 413
    return error


def _quietly(invoke: Any, backend: Any, name: str, version: str | None, body: Any) -> None:
    invoke(backend, name, version, body, {}, {})


def _split(function_name: str, qualifier: str | None) -> tuple[str, str | None]:
    """A name, an ARN, or either with a qualifier behind it."""
    if function_name.startswith("arn:"):
        parts = function_name.split(":")
        return parts[6], parts[7] if len(parts) > 7 else qualifier
    name, _, behind = function_name.partition(":")
    return name, behind or qualifier


def _route(world: World, backend: Any, name: str, qualifier: str | None) -> str | None:
    """The version an invocation goes to: an alias draws among its versions by their weights."""
    if qualifier is None or qualifier == "$LATEST" or qualifier.isdigit():
        return qualifier
    alias = backend.get_alias(qualifier, name)
    routing = alias.routing_config
    weights = (json.loads(routing) if isinstance(routing, str) else routing or {}).get("AdditionalVersionWeights") or {}
    with world.lock:
        draw = world.routing.random()
    for version, weight in sorted(weights.items()):
        if draw < float(weight):
            return str(version)
        draw -= float(weight)
    return str(alias.function_version)


def _lines(function: Any, outcome: Outcome) -> list[str]:
    """What the function wrote, between the platform's own lines."""
    took = f"Duration: {outcome.seconds * 1000:.2f} ms Memory Size: {function.memory_size} MB"
    report = f"REPORT RequestId: {outcome.request} {took}"
    if outcome.init_seconds is not None:
        report += f" Init Duration: {outcome.init_seconds * 1000:.2f} ms"
    return [f"START RequestId: {outcome.request} Version: {function.version}", *outcome.lines, report]
