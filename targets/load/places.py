"""A URL turned into where to connect and what every request to it begins with."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlspec.specs.diagnostics import Diagnostic, SpecError

_GRAPHIC = re.compile(r"[!-~]+")  # what a URL is written in
_PORTS = {True: 443, False: 80}  # by whether it is TLS


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests go; `secure` is TLS."""

    host: str
    port: int
    path: str
    secure: bool

    @property
    def authority(self) -> str:
        """The host as the Host header has it: with the port where that is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.secure] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """All of it."""
        return f"{'https' if self.secure else 'http'}://{self.authority}{self.path}"

    def request(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """A whole HTTP/1.1 request that posts `body`."""
        told = {"Host": self.authority, **headers, "Content-Length": str(len(body))}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        return "\r\n".join(lines).encode("ascii") + body


def place_of(url: str, *, remote: bool = False) -> Place:
    """The place of an http(s) URL; raises SpecError for what is none, and unless `remote` for another machine's."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(url, f"is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not _GRAPHIC.fullmatch(url):
        raise _refused(url, "is no http or https URL")
    if "@" in parts.netloc:
        raise _refused(parts.hostname, "is given with a user or a password, which are not sent")
    if not remote and not _is_loopback(parts.hostname):
        raise _refused(url, "is not on this machine", "to send load to another machine, say so: --remote")
    secure = parts.scheme == "https"
    path = ("/invocations" if parts.path in ("", "/") else parts.path) + (f"?{parts.query}" if parts.query else "")
    return Place(parts.hostname, port or _PORTS[secure], path, secure)


def _refused(url: str, why: str, hint: str = "such as http://127.0.0.1:8080/invocations") -> SpecError:
    return SpecError([Diagnostic("ML830", f"{url!r} {why}", hint=hint)])


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
