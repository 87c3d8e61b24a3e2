"""What became of each spec of a folder: told apart, placed, and summed up in one exit code."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlspec.cli.exits import Exit
from mlspec.specs.diagnostics import Diagnostic

_RANK = (Exit.DONE, Exit.CHANGES, Exit.UNEXPECTED_CHANGES, Exit.STALE, Exit.INVALID, Exit.ERROR)


@dataclass(frozen=True)
class Outcome:
    """What became of one spec: small, whatever it compiled to."""

    spec: str
    stack: str = ""
    digest: str = ""
    result: str = "ok"
    exit: int = int(Exit.DONE)
    diagnostics: tuple[Diagnostic, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


def told_apart(outcomes: list[Outcome]) -> list[Outcome]:
    """Two specs that would deploy to the same names are told, at the second."""
    first: dict[str, str] = {}
    told = []
    for outcome in outcomes:
        other = first.setdefault(outcome.stack, outcome.spec) if outcome.stack else outcome.spec
        if other != outcome.spec:
            message = f"{outcome.spec} and {other} both deploy to stack {outcome.stack}"
            clash = Diagnostic("ML823", message, hint="give one of them another name")
            found = (*outcome.diagnostics, clash)
            outcome = replace(outcome, result="1 error", exit=int(Exit.INVALID), diagnostics=found)
        told.append(outcome)
    return told


def worst(outcomes: Sequence[Outcome]) -> int:
    """The one exit code: of what went wrong most."""
    rank = {int(code): place for place, code in enumerate(_RANK)}
    return max((outcome.exit for outcome in outcomes), key=lambda code: rank.get(code, len(_RANK)))


def diagnostics_of(outcomes: Sequence[Outcome]) -> list[Diagnostic]:
    """All of them; one of a library file that many specs use is told once."""
    return list(dict.fromkeys(diagnostic for outcome in outcomes for diagnostic in outcome.diagnostics))


def counted(number: int, noun: str) -> str:
    """`3 specs`, `1 spec`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
