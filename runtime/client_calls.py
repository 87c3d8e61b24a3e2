"""Calls to a model's server: connections kept open, refusals raised with what is wrong, busy servers asked again.

Needs the standard library alone; botocore where AWS wants requests to be signed."""

import http.client
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

Signer = Callable[[str, Mapping[str, str], bytes], Mapping[str, str]]  # URL, headers, body -> headers

_FIRST_WAIT = 0.1  # seconds before a busy server that does not say when is asked again; doubled each time
_LONGEST_WAIT = 30.0
_UNBROKEN = re.compile(r"[^\s\x00-\x1f\x7f]+")
_ANSWER = {"model", "release", "version", "predictions"}
_PROBLEM = {"row", "column", "reason"}
_BUSY = (429, 503)  # Lambda and API Gateway say 429 where they take no more at once

# Whose signature AWS looks for at a host, and in which region: functions' URLs, API Gateway, SageMaker's endpoints.
_AWS = {
    "lambda": re.compile(r"[^.]+\.lambda-url\.([a-z0-9-]+)\.on\.aws"),
    "execute-api": re.compile(r"[^.]+\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"),
    "sagemaker": re.compile(r"runtime(?:-fips)?\.sagemaker\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"),
}


class Problem(NamedTuple):
    """What is wrong with a request: `row` counts from 0; row and column are None where it is not about one."""

    row: int | None
    column: str | None
    reason: str


class ModelError(Exception):
    """The server gave no predictions: the HTTP status, and its answer."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        self.status = status
        self.answer = answer
        reason = answer.get("reason") or answer.get("error") or answer.get("message") or answer.get("Message")
        super().__init__(f"{status}: {reason or 'no reason given'}")


class ContractBroken(ModelError):
    """The rows break the model's contract: every problem, of which the server lists a hundred at most."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        super().__init__(status, answer)
        self.problems = problems_of(answer)

    def __str__(self) -> str:
        if not self.problems:
            return super().__str__()
        first = "; ".join(told(*problem) for problem in self.problems[:3])
        more = len(self.problems) - 3
        return f"{self.status}: {first}" + (f"; and {more} more" if more > 0 else "")


class Unavailable(ModelError):
    """The server has no release, or too much to do, and still had after all retries (503, or 429 of AWS)."""


class NotReached(Exception):
    """There was no connection to the server, or it broke; the cause says how."""


class NoCredentials(Exception):
    """AWS wants requests to be signed, and nothing here says by whom."""


class Calls:
    """Posts JSON to one URL; threads may share it. `retries` is how often a busy server is asked again, `timeout` how
    many seconds one answer may take. Where `sign` is None, requests to AWS are signed as AWS wants it, others not."""

    def __init__(self, url: str, *, timeout: float, retries: int, sign: Signer | None) -> None:
        if retries < 0 or not timeout > 0:
            raise ValueError("retries is below 0" if retries < 0 else "timeout is not above 0")
        self._parts = parts = _parts_of(url)
        self._path = ("/invocations" if parts.path in ("", "/") else parts.path) + (
            f"?{parts.query}" if parts.query else ""
        )
        self._url = f"{parts.scheme}://{parts.netloc}{self._path}"
        self._timeout = timeout
        self._retries = retries
        scope = None if sign else aws_scope(parts.hostname or "")
        self._sign = aws_signer(*scope) if scope else sign
        self._idle: deque[http.client.HTTPConnection] = deque()

    def post(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The server's answer to `document`; raises ModelError or NotReached, or ValueError for NaN and infinity.
        Predictions change nothing, so that a request whose connection broke is sent once more."""
        body, rows = _encoded(document), len(document["records"])
        wait = _FIRST_WAIT
        for _ in range(self._retries):
            status, headers, answer = self._exchange(body)
            if status not in _BUSY:
                return _judged(status, answer, rows)
            time.sleep(min(_LONGEST_WAIT, _seconds(headers.get("retry-after", ""), wait)))
            wait *= 2
        status, _headers, answer = self._exchange(body)
        return _judged(status, answer, rows)

    def close(self) -> None:
        """Close the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _exchange(self, body: bytes) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        headers: Mapping[str, str] = {"Content-Type": "application/json"}
        if self._sign:
            headers = self._sign(self._url, headers, body)
        with suppress(IndexError):
            try:
                return self._ask(self._idle.pop(), body, headers)
            except TimeoutError as error:  # it has the request: asked twice, a slow server is slower
                raise self._not_reached(error) from error
            except (OSError, http.client.HTTPException):
                self.close()  # the server has closed what it kept open for a while: the others too
        try:
            return self._ask(self._connection(), body, headers)
        except (OSError, UnicodeError, http.client.HTTPException) as error:  # UnicodeError: a host such as a..b
            raise self._not_reached(error) from error

    def _not_reached(self, error: Exception) -> NotReached:
        return NotReached(f"{self._url}: {str(error) or type(error).__name__}")

    def _ask(
        self, connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        try:
            connection.request("POST", self._path, body, dict(headers))
            reply = connection.getresponse()
            content = reply.read()
        except BaseException:
            connection.close()
            raise
        if reply.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, _decoded(content)

    def _connection(self) -> http.client.HTTPConnection:
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)


def _parts_of(url: str) -> SplitResult:
    """Raises ValueError for what requests cannot be sent to."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (it raises for what is no port)
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not _UNBROKEN.fullmatch(url):
        raise ValueError(f"{url!r} is no http or https URL")
    if "@" in parts.netloc:
        raise ValueError(
            f"the URL of {parts.hostname} holds a user or a password, which is not sent: a signer adds headers"
        )
    return parts


def aws_scope(host: str) -> tuple[str, str] | None:
    """The service and the region that requests to `host` are signed for; None for a host that is not AWS's."""
    found = ((service, pattern.fullmatch(host.lower())) for service, pattern in _AWS.items())
    return next(((service, match[1]) for service, match in found if match), None)


def aws_signer(service: str, region: str) -> Signer:
    """Signs requests with this machine's AWS credentials (Signature Version 4); needs botocore. `service` is as in
    aws_scope: `lambda` for a function's URL, `execute-api` for API Gateway, which own domains need to be told.

    Raises NoCredentials where there are none. The signature covers URL, body and headers, and is good for five
    minutes (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html)."""
    auth, awsrequest, session = (import_module(f"botocore.{name}") for name in ("auth", "awsrequest", "session"))
    credentials = session.Session().get_credentials()
    if credentials is None:
        raise NoCredentials("there are no AWS credentials to sign requests with")

    def sign(url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        request = awsrequest.AWSRequest("POST", url, dict(headers), body)
        auth.SigV4Auth(credentials.get_frozen_credentials(), service, region).add_auth(request)
        return dict(request.headers.items())

    return sign


def problems_of(answer: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What an answer says is wrong with its request, or with the rows of it that were refused."""
    found = answer.get("problems")
    listed = (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
    return tuple(Problem(one["row"], one["column"], one["reason"]) for one in listed if one.keys() >= _PROBLEM)


def told(row: int | None, column: str | None, reason: str) -> str:
    """A problem in words: where it is, as far as that is known, and what it is."""
    place = ", ".join(filter(None, (None if row is None else f"row {row}", column)))
    return f"{place}: {reason}" if place else reason


def _judged(status: int, answer: Mapping[str, Any], rows: int) -> Mapping[str, Any]:
    """The answer about so many rows, or what it is as an error."""
    if status == 200:
        found = answer["predictions"] if answer.keys() >= _ANSWER else None
        if not isinstance(found, list) or not all(one is None or isinstance(one, dict) for one in found):
            raise ModelError(status, {"error": f"no model's answer: {json.dumps(answer)[:200]}"})
        if len(found) != rows:
            raise ModelError(status, {"error": f"no model's answer: {len(found)} predictions of {rows} rows"})
        return answer
    kinds = {400: ContractBroken, **dict.fromkeys(_BUSY, Unavailable)}
    raise kinds.get(status, ModelError)(status, answer)


def _decoded(content: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {"error": content[:500].decode(errors="replace")}
    return answer if isinstance(answer, dict) else {"error": str(answer)}


def _seconds(text: str, otherwise: float) -> float:
    """Retry-After in seconds; a date, which servers of models do not send, is not read."""
    return float(text) if text.isdecimal() else otherwise


def _encoded(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(document, default=_plain, allow_nan=False).encode()
    except ValueError as error:
        raise ValueError(next(_no_numbers(document.get("records", ())), str(error))) from error


def _no_numbers(records: Iterable[Any]) -> Iterator[str]:
    """Where there are numbers that JSON has not."""
    for row, record in enumerate(records):
        for column, value in record.items() if isinstance(record, dict) else ():
            if isinstance(value, float) and not isfinite(value):
                yield told(row, column, f"{value} is no number in JSON; None says that there is none")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is nothing that a column holds")
