"""SIGTERM turned into the last call of a function: what is buffered must be written before the process ends.

Lambda sends SIGTERM to functions that have an extension; others are frozen and dropped, and lose at most one buffer."""

# The half of `signal` that is built into Python: the other makes enums of all numbers, which a start would pay for.
import _signal as signal  # type: ignore[import-not-found]
import os
import threading
from collections.abc import Callable


def call_at_shutdown(function: Callable[[], None]) -> None:
    """Have `function` called when the process is asked to end, which then ends; to be called on the main thread.

    Between two requests the main thread sits in the runtime client's C code, where Python's own signal handlers get no
    turn. So the interpreter only writes the signal's number into a pipe, and a thread of ours reads it there."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(reader, function), name="shutdown", daemon=True).start()


def _wait(reader: int, function: Callable[[], None]) -> None:
    while os.read(reader, 1)[0] != signal.SIGTERM:
        pass
    try:
        function()
    finally:
        os._exit(128 + signal.SIGTERM)
