"""Texts made from good specs by many small changes at random, loaded until the time is over."""

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.golden.broken import SOURCES
from tests.specs.test_any_text import MARKS, WORDS, outcome

_PIECES = [*MARKS, *WORDS]


def changed(text: str, chance: random.Random) -> str:
    """`text` after one to six changes: a piece put in, cut out, repeated, or taken from another spec."""
    for _ in range(chance.randint(1, 6)):
        at, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        end = min(end, at + chance.choice((0, 1, 5, 40)))
        other = chance.choice(list(SOURCES.values()))
        start = chance.randint(0, len(other))
        piece = chance.choice((chance.choice(_PIECES), "", text[at:end] * 2, other[start : start + 30]))
        text = text[:at] + piece + text[end:]
    return text


def fuzz_random(seconds: int, seed: int) -> int:
    """The exit code; what crashes is raised, after its text was kept."""
    chance, ends, count = random.Random(seed), time.monotonic() + seconds, 0
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as directory:
        while time.monotonic() < ends:
            text = changed(chance.choice(list(SOURCES.values())), chance)
            try:
                outcome(text.encode("utf-8", "surrogatepass"), Path(directory))
            except Exception:
                kept = Path(tempfile.gettempdir()) / f"mlspec-crash-{seed}.yaml"
                kept.write_text(text, encoding="utf-8", errors="surrogatepass")
                print(f"crashed after {count} texts; the text is kept: {kept}", file=sys.stderr)
                raise
            count += 1
    print(f"{count} texts, no crash")
    return 0
