"""An answer of a function held to what Lambda takes: what is longer would end as an error that tells nothing.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html"""

from json import dumps, loads
from typing import Any

from mlspec.runtime.lambda_events import balanced, http_reply, is_http
from mlspec.runtime.payload import Refusal

MOST = 6_291_556  # bytes of JSON
MOST_BALANCED = 1_000_000  # the same, to a load balancer


def check_reply(event: Any, body: bytes) -> None:
    """Raise Refusal (413) where `body` is more than the sender of `event` can be answered with."""
    http = is_http(event)
    size = len(dumps(http_reply(event, 200, body) if http else loads(body)))
    most = MOST_BALANCED if http and balanced(event) else MOST
    if size > most:
        reason = f"the answer has {size} bytes, of which at most {most} can be sent; ask for fewer rows at once"
        raise Refusal(413, {"error": "too large", "reason": reason})
