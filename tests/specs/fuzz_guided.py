"""libFuzzer by way of atheris: texts grown from the examples, kept where they reach code of the loader that is new.

What is valid is compiled as well: that must end in a bundle or in diagnostics too."""

import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

SLOWEST = 10  # seconds for one text, in code that counts each branch
LARGEST = 1_500  # MiB of the whole process; the bound of the loader's own memory has a test of its own
LONGEST = 8_192  # bytes of a text


def fuzz_guided(seconds: int, seed: int) -> int:
    """The exit code of a process of its own: libFuzzer ends the one it runs in."""
    kept = Path(tempfile.gettempdir()) / "mlspec-crash-"
    with tempfile.TemporaryDirectory() as scratch:
        corpus, words = Path(scratch) / "corpus", Path(scratch) / "words"
        _write_corpus(corpus)
        _write_words(words)
        limits = [
            f"-max_total_time={seconds}",
            f"-timeout={SLOWEST}",
            f"-rss_limit_mb={LARGEST}",
            f"-max_len={LONGEST}",
        ]
        options = [
            *limits,
            f"-seed={seed % 2**31 or 1}",
            f"-dict={words}",
            f"-artifact_prefix={kept}",
            "-verbosity=0",
            "-print_final_stats=1",
        ]
        return subprocess.run(
            [sys.executable, "-m", "tests.specs.fuzz_guided", scratch, str(corpus), *options], check=False
        ).returncode


def _write_corpus(folder: Path) -> None:
    """The good specs of the tests and the examples, and of what is broken one text for each code."""
    from tests.golden.broken import SOURCES
    from tests.specs.test_hostile import HOSTILE

    folder.mkdir()
    texts = [text.encode() for text in SOURCES.values()] + [text for text, _ in HOSTILE.values()]
    for number, text in enumerate(texts):
        (folder / str(number)).write_bytes(text[:LONGEST])


def _write_words(path: Path) -> None:
    """The words of the language and of YAML, as libFuzzer's dictionaries spell them."""
    from tests.golden.broken import SOURCES
    from tests.specs.test_any_text import MARKS, WORDS

    written = {word for text in SOURCES.values() for word in text.replace(":", ": ").split() if len(word) < 40}
    spelt = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in sorted({*MARKS, *WORDS, *written}))
    path.write_text("".join(f'"{word}"\n' for word in spelt if word))


def _fuzz(scratch: str, arguments: list[str]) -> None:
    atheris = import_module("atheris")  # it has no types, and is not everywhere
    with atheris.instrument_imports(include=["mlspec"]):
        from mlspec.specs.checked import Checked
        from mlspec.specs.diagnostics import SpecError
        from mlspec.targets.aws.compile import compile_spec
        from tests.specs.test_any_text import outcome

    def once(data: bytes) -> None:
        loaded = outcome(data, Path(scratch))
        if isinstance(loaded, Checked):
            with suppress(SpecError):  # refused by the target: told like any mistake
                compile_spec(loaded, {})

    atheris.Setup([sys.argv[0], *arguments], once)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(sys.argv[1], sys.argv[2:])
