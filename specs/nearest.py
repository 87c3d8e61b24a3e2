"""A word that is not known -> the known word it was probably meant to be, and both in a form fit for a message."""

from collections.abc import Iterable
from itertools import islice

_MOST_KNOWN = 500  # the comparison is slow, and a hostile spec can have thousands of columns


# What other tools call the same: no spelling is near.
_ELSEWHERE = {
    "target": "label",
    "integer": "int",
    "str": "string",
    "text": "string",
    "boolean": "bool",
    "number": "float",
    "double": "float",
    "timestamp": "datetime",
    "date": "datetime",
    "enum": "category",
    "skip": "ignore",
    "timestamps": "time",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, or nothing when none is close."""
    from difflib import get_close_matches

    lowered = {name.lower(): name for name in islice(sorted(known), _MOST_KNOWN)}
    if (other := _ELSEWHERE.get(word.lower(), "")) in lowered and word.lower() not in lowered:
        return lowered[other]
    found = get_close_matches(word.lower()[:80], lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""


def hint_for(word: str, known: Iterable[str], what: str = "allowed") -> str:
    """`did you mean 'x'? allowed: a, b, x`, in the order given."""
    words = list(known)
    close = "" if word in words else nearest(word, words)
    listed = ", ".join(words[:24]) + (", ..." if len(words) > 24 else "")
    return _looks_like(word, close) + (f"did you mean '{close}'? " if close else "") + f"{what}: {listed or 'none'}"


def _looks_like(word: str, close: str) -> str:
    """The first letter of a word that only looks like one of `close`'s: a person cannot see it."""
    import unicodedata

    other = next((letter for letter in word[:80] if ord(letter) > 127), "") if close and close.isascii() else ""
    name = unicodedata.name(other, "") if other else ""
    return f"'{other}' is {name}; " if name else ""


def shortened(text: str) -> str:
    """`text`, cut to what fits a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
