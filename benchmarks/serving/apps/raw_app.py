"""A limit: an event loop written by hand around ONNX Runtime; JOIN=1 predicts what waits together in one call."""

import asyncio
import os

import httptools
import uvloop
from msgspec.json import Decoder, Encoder
from session import session

MOST = 64
predict = session()
decode, encode = Decoder().decode, Encoder().encode
waiting = []


def reply(transport, predictions):
    body = encode({"predictions": predictions})
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    transport.write(head + body)


def flush():
    global waiting
    if waiting:
        lot, waiting = waiting, []
        answers = predict([row for _, rows in lot for row in rows]).tolist()
        start = 0
        for transport, rows in lot:
            reply(transport, answers[start : start + len(rows)])
            start += len(rows)


class Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.body = transport, b""
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        body, self.body = self.body, b""
        self.answer(decode(body)["inputs"])

    def answer(self, rows):
        reply(self.transport, predict(rows).tolist())


class Joining(Protocol):
    def answer(self, rows):
        if not waiting:
            asyncio.get_running_loop().call_soon(flush)
        waiting.append((self.transport, rows))
        if len(waiting) >= MOST:
            flush()


async def main():
    kind = Joining if os.environ.get("JOIN") else Protocol
    server = await asyncio.get_running_loop().create_server(kind, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()


uvloop.run(main())
