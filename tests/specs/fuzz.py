"""`make fuzz`: the loader, given texts that no one wrote, for a bounded time; a crash keeps its text.

Where atheris is installed (Linux on x86-64, Python 3.11) what is tried next follows from which of our code was reached;
elsewhere good specs are changed at random. The properties are those of tests/specs/test_any_text.py, which takes a few
examples of them for each run of the tests."""

import argparse
import importlib.util
import sys
import time


def main() -> int:
    """Load until the time is over; the exit code is not 0 when something crashed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--random", action="store_true", help="Do not let coverage guide, even where it could.")
    asked = parser.parse_args()
    if not asked.random and importlib.util.find_spec("atheris"):
        from tests.specs.fuzz_guided import fuzz_guided

        return fuzz_guided(asked.seconds, asked.seed)
    from tests.specs.fuzz_random import fuzz_random

    if not asked.random:
        print("atheris is not installed here: texts are changed at random, no coverage guides them")
    return fuzz_random(asked.seconds, asked.seed)


if __name__ == "__main__":
    sys.exit(main())
