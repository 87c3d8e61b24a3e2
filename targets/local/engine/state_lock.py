"""One process at a time: a file lock that dies with its holder and says who that is."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic
from mlspec.targets.local.engine.errors import LockHeld

_POLL = 0.05  # flock has no time limit of its own


@contextmanager
def hold(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock at `path`; raises LockHeld when another process keeps it for longer than `wait` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path, until=time.monotonic() + wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _holder(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise _held(path) from None
            time.sleep(_POLL)


def _holder() -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    command = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])[:500]
    holder = {"pid": os.getpid(), "host": os.uname().nodename, "since": since, "command": command}
    return json.dumps(holder).encode()


def _held(path: Path) -> LockHeld:
    try:
        holder = json.loads(path.read_bytes())
        who = "process {pid} on {host} since {since} ({command})".format(**holder)
    except (ValueError, KeyError):
        who = "another process"
    hint = "wait for it to end; the lock goes with the process, there is nothing to clean up"
    return LockHeld([Diagnostic("ML515", f"the stack is being changed by {who}", hint=hint)])
