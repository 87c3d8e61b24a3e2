"""The sockets on which connections arrive, and how a worker stops taking them without losing one."""

import select
import socket
import struct
import sys
from contextlib import suppress

from mlspec.runtime.http_settings import Settings

_BACKLOG = 4096
_ATTACH, _DETACH = 26, 27  # SO_ATTACH_FILTER and SO_DETACH_FILTER of socket(7), which Python has no names for
_DROP = struct.pack("HBBI", 0x06, 0, 0, 0)  # one instruction of a socket filter: keep 0 bytes of what arrives


def listen(settings: Settings) -> list[socket.socket]:
    """A socket for each worker, all on one port; where the system does not share it out, one socket for all.

    The master keeps them open: connections that wait at a worker that died are taken by the one after it."""
    if not (hasattr(socket, "SO_REUSEPORT") and sys.platform == "linux"):
        return [_listener(settings.host, settings.port, shared=False)] * settings.workers
    with _listener(settings.host, settings.port, shared=False) as alone:  # fails where another server listens
        port = alone.getsockname()[1]
    return [_listener(settings.host, port, shared=True) for _ in range(settings.workers)]


def _listener(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


def take_no_more(listener: socket.socket) -> None:
    """Leave new connections unanswered, so that all that were made can be taken before the socket is closed.

    Whoever connects in between asks again in a second, as TCP does, and is refused in words instead of cut off."""
    if sys.platform == "linux":
        from ctypes import addressof, create_string_buffer

        program = create_string_buffer(_DROP)
        with suppress(OSError):  # a kernel without socket filters: a connection made in this instant may be cut off
            listener.setsockopt(socket.SOL_SOCKET, _ATTACH, struct.pack("HP", 1, addressof(program)))


def any_wait(listener: socket.socket) -> bool:
    """Whether connections were made that nobody has taken."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(0))


def take(listener: socket.socket) -> None:
    """Undo `take_no_more`, which outlives the worker where the master keeps the socket for the next."""
    if sys.platform == "linux":
        with suppress(OSError):  # there is nothing to undo
            listener.setsockopt(socket.SOL_SOCKET, _DETACH, 0)
