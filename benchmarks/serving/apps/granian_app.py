"""Granian's own interface with a bare handler: JSON to lists and back, nothing validated."""

from msgspec.json import Decoder, Encoder
from session import session

predict = session()
decode, encode = Decoder().decode, Encoder().encode
HEADERS = [("content-type", "application/json")]


async def app(scope, protocol):
    body = await protocol()
    protocol.response_bytes(200, HEADERS, encode({"predictions": predict(decode(body)["inputs"]).tolist()}))
