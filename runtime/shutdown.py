"""SIGTERM turned into a last call of functions: what is buffered must be written before the process ends.

Lambda sends SIGTERM to functions that have an extension; others are frozen and dropped, and lose at most one buffer."""

import os
import signal
import threading
from collections.abc import Callable


def call_at_shutdown() -> list[Callable[[], None]]:
    """The list of what is called when the process is asked to end, which then ends as it would have; append to it.

    A thread waits for the signal: between two requests the main thread sits in the runtime client's C code, where
    Python's own handlers get no turn. Call this first: threads made earlier would take the signal."""
    functions: list[Callable[[], None]] = []
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_wait, args=(functions,), name="shutdown", daemon=True).start()
    return functions


def _wait(functions: list[Callable[[], None]]) -> None:
    signal.sigwait({signal.SIGTERM})
    try:
        for function in functions:
            function()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.kill(os.getpid(), signal.SIGTERM)
