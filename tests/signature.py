"""AWS Signature Version 4 checked by its own description, with the standard library alone, and a server that does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_GOOD_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Keys:
    """Whose signature is good, for what."""

    id: str = "AKIDEXAMPLE"
    secret: str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    token: str = "a session's token"
    region: str = "eu-north-1"
    service: str = "lambda"

    @property
    def variables(self) -> dict[str, str]:
        """The environment that gives them to a program, and to no other place that it could ask."""
        return {
            "AWS_ACCESS_KEY_ID": self.id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_SESSION_TOKEN": self.token,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@dataclass
class Door:
    """Where a server listens that lets in what is signed; `seen` are the headers of all requests."""

    url: str
    seen: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def guarded(keys: Keys, answer: Mapping[str, Any]) -> Iterator[Door]:
    """Answers 200 to what is signed by `keys`, and 403 to all else, as a function's URL does."""
    door = Door("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            door.seen.append(dict(self.headers))
            reason = refused(keys, self.path, dict(self.headers), sent)
            body = json.dumps({"Message": reason} if reason else answer).encode()
            self.send_response(403 if reason else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    door.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield door
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refused(keys: Keys, target: str, headers: Mapping[str, str], body: bytes) -> str:
    """Why AWS would refuse a POST of `body` to `target` (path and query) with these headers; nothing if it is good."""
    told = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    algorithm, _, rest = told.get("authorization", "").partition(" ")
    if algorithm != _ALGORITHM:
        return "Missing Authentication Token"
    named = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed = named["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-security-token"} <= set(signed) or told["x-amz-security-token"] != keys.token:
        return "a header is not signed"
    date = told["x-amz-date"]
    age = datetime.now(UTC) - datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if not -_GOOD_FOR < age < _GOOD_FOR:
        return "Signature expired"
    scope = f"{date[:8]}/{keys.region}/{keys.service}/aws4_request"
    if named["Credential"] != f"{keys.id}/{scope}":
        return "Credential should be scoped to another region or service"
    text = "\n".join([_ALGORITHM, date, scope, _sha256(_canonical(target, told, signed, body).encode())])
    wanted = hmac.new(_key(keys, date[:8]), text.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(wanted, named["Signature"]) else "The request signature does not match"


def _canonical(target: str, told: Mapping[str, str], signed: list[str], body: bytes) -> str:
    parts = urlsplit(target)
    query = sorted((quote(k, "-_.~"), quote(v, "-_.~")) for k, v in parse_qsl(parts.query, keep_blank_values=True))
    listed = "&".join(f"{name}={value}" for name, value in query)
    headers = [f"{name}:{told[name]}" for name in signed]
    return "\n".join(["POST", quote(parts.path, "/-_.~"), listed, *headers, "", ";".join(signed), _sha256(body)])


def _key(keys: Keys, day: str) -> bytes:
    key = f"AWS4{keys.secret}".encode()
    for part in (day, keys.region, keys.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
