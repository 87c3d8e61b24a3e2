"""Small HTTP servers that do as a test tells them, each on its own thread and loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

Reply = Callable[[int, bytes], tuple[int, float]]  # (number of the request, body) -> (status, seconds to hold it)


@dataclass
class Server:
    """Where it listens, and every body it got, in order."""

    url: str
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def serving(reply: Reply) -> Iterator[Server]:
    """A server that answers each request as `reply` says; status 0 closes the connection without an answer."""
    loop, ready, server = asyncio.new_event_loop(), threading.Event(), Server("")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                server.bodies.append(body := await reader.readexactly(length))
                status, seconds = reply(len(server.bodies) - 1, body)
                if seconds:
                    await asyncio.sleep(seconds)  # what the server does, not what the test waits for
                if not status:
                    break
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % status)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        writer.close()

    async def listen() -> None:
        listener = await asyncio.start_server(handle, "127.0.0.1", 0)
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/invocations"
        ready.set()
        async with listener:
            await listener.serve_forever()

    task = loop.create_task(listen())

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            rest = asyncio.all_tasks(loop)
            for one in rest:
                one.cancel()
            loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(30)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)


@pytest.fixture
def good_server() -> Iterator[Server]:
    """Answers 200 to everything, at once."""
    with serving(lambda number, body: (200, 0.0)) as server:
        yield server
