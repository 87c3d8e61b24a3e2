"""The exit codes: a contract with scripts and CI."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command ended with."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    INVALID = 3
    GATE_FAILED = 4
    POLICY = 5
    STALE = 6
    UNEXPECTED_CHANGES = 7
    PARTIAL = 10
    USAGE = 64
    INTERRUPTED = 130
