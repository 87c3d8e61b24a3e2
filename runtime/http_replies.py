"""An answer turned into the bytes of an HTTP response: all but the length is made before, once a second."""

import time
from typing import NamedTuple

from msgspec.json import encode

from mlspec.runtime.payload import JSON_LENGTH

JSON = b"application/json"
HTML = b"text/html; charset=utf-8"
BINARY = b"application/octet-stream"  # JSON, and tensors behind it
NOTHING = b""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_JSON_LENGTH = b"\r\n%b: %%d" % JSON_LENGTH.encode()

_PHRASES = {
    200: b"OK", 400: b"Bad Request", 404: b"Not Found", 405: b"Method Not Allowed", 408: b"Request Timeout",
    411: b"Length Required", 413: b"Content Too Large", 414: b"URI Too Long", 415: b"Unsupported Media Type",
    417: b"Expectation Failed", 431: b"Request Header Fields Too Large", 500: b"Internal Server Error",
    501: b"Not Implemented", 503: b"Service Unavailable",
}  # fmt: skip
_MOST_LENGTHS = 1024  # of bodies whose heads are kept, until the date changes
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Page(NamedTuple):
    """An answer in full; `allow` are the methods of a 405, `json_length` is what comes before tensors."""

    status: int
    body: bytes
    content_type: bytes = JSON
    allow: bytes = NOTHING
    json_length: int = 0


def refusal(status: int, error: str, reason: str, *, allow: bytes = NOTHING) -> Page:
    """An answer that says what is wrong with the request, or with the service."""
    return Page(status, encode({"error": error, "reason": reason}), allow=allow)


def prediction(status: int, body: bytes, json_length: int) -> Page:
    """The answer that a request for predictions gets; tensors follow the JSON where that has a length."""
    return Page(status, body, BINARY if json_length else JSON, json_length=json_length)


class Good(dict[tuple[int, int], bytes]):
    """The head of a prediction by the body's length, and how much of that is JSON where tensors follow (else 0)."""

    def __init__(self, date: bytes) -> None:
        self._start = b"HTTP/1.1 200 OK%b\r\ncontent-type: " % date

    def __missing__(self, lengths: tuple[int, int]) -> bytes:
        length, json_length = lengths
        kind = BINARY + _JSON_LENGTH % json_length if json_length else JSON
        head = b"%b%b\r\ncontent-length: %d\r\n\r\n" % (self._start, kind, length)
        if len(self) < _MOST_LENGTHS:
            self[lengths] = head
        return head


class Heads:
    """The first lines of responses; `stamp` renews their date, RFC 9110 wants one."""

    def __init__(self) -> None:
        self.good = Good(NOTHING)
        self._date = NOTHING
        self.stamp(time.time())

    def stamp(self, now: float) -> None:
        """Set the date, epoch seconds."""
        at = time.gmtime(now)
        clock = f"{at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
        self._date = f"\r\ndate: {_DAYS[at.tm_wday]}, {clock} GMT".encode()
        self.good = Good(self._date)

    def response(self, page: Page, *, body: bool = True, close: bool = False) -> bytes:
        """The whole response; without its body to a HEAD request, and with word that the connection ends."""
        extra = b"\r\nallow: " + page.allow if page.allow else NOTHING
        if page.json_length:
            extra += _JSON_LENGTH % page.json_length
        if page.status == 503:
            extra += b"\r\nretry-after: 1"
        if close:
            extra += b"\r\nconnection: close"
        kind = b"\r\ncontent-type: " + page.content_type if page.body else NOTHING
        line = b"HTTP/1.1 %d %b" % (page.status, _PHRASES[page.status])
        end = b"\r\ncontent-length: %d\r\n\r\n" % len(page.body)
        return b"".join((line, self._date, kind, extra, end, page.body if body else NOTHING))
