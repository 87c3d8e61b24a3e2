"""Requests of an order as bytes, signed for AWS where it asks for that, each anew before its signature grows old."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mlspec.runtime.client_calls import NoCredentials, Signer, aws_scope, aws_signer
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.load.places import Place

_PREFIX = ("aws", "amz")  # as curl has it: --aws-sigv4 aws:amz:REGION:SERVICE
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What signatures are made for; each is used for `fresh` seconds at most, and AWS takes it for 300."""

    service: str
    region: str
    fresh: float = 120.0

    def __str__(self) -> str:
        return f"Signature Version 4, {self.service} in {self.region}"

    def signer(self) -> Signer:
        """What signs, with this machine's credentials; raises SpecError (ML834) where there are none."""
        from botocore.exceptions import BotoCoreError

        try:
            return aws_signer(self.service, self.region)
        except (BotoCoreError, NoCredentials) as error:
            raise SpecError([_no_credentials(str(error))]) from error


def scope_of(place: Place, asked: str) -> Scope | None:
    """What requests to `place` are signed for: what was `asked`, nothing where that is `off`, and where it is empty
    what the host wants, if it is one of AWS. Raises ValueError for what cannot be asked."""
    if asked == "off":
        return None
    if not asked:
        found = aws_scope(place.host)
        return Scope(*found) if found else None
    parts = asked.split(":")
    if len(parts) != 4 or tuple(parts[:2]) != _PREFIX or not all(parts):
        raise ValueError(f"{asked!r} is not aws:amz:REGION:SERVICE, such as aws:amz:eu-north-1:lambda, or off")
    return Scope(parts[3], parts[2])


class Requests:
    """`whole[n]` posts the n-th body. Signed ones are made anew one by one, evenly over the time that each is fresh, so
    that no moment of a run pays for all of them."""

    def __init__(self, place: Place, bodies: Sequence[bytes], scope: Scope | None) -> None:
        self._place = place
        self._bodies = bodies
        self._scope = scope
        self._sign = scope.signer() if scope else None
        self._timer: TimerHandle | None = None
        self.whole = [self._made(body) for body in bodies]

    def renew(self, loop: AbstractEventLoop, number: int = 0) -> None:
        """Make the request of this number anew in a while, then the next, until `stop`."""
        if self._scope:
            wait = self._scope.fresh / len(self.whole)
            self._timer = loop.call_later(wait, self._renewed, loop, number)

    def stop(self) -> None:
        """No request is made anew any more."""
        if self._timer:
            self._timer.cancel()

    def _renewed(self, loop: AbstractEventLoop, number: int) -> None:
        from botocore.exceptions import BotoCoreError

        with suppress(BotoCoreError):  # credentials that ran out: what is refused then is counted by its status
            self.whole[number] = self._made(self._bodies[number])
        self.renew(loop, (number + 1) % len(self.whole))

    def _made(self, body: bytes) -> bytes:
        headers = self._sign(self._place.url, _JSON, body) if self._sign else _JSON
        return self._place.request(body, headers)


def _no_credentials(reason: str) -> Diagnostic:
    return Diagnostic("ML834", reason, hint="aws configure, or aws sso login; --aws-sigv4 off sends them unsigned")
