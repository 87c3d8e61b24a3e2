"""Each hostile document, in a process of its own: a diagnostic within two seconds and 500 MB, and nothing is run.

The bounds are the kernel's: a process that asks for more memory, or works longer, is ended, and the test sees that."""

import math
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.specs.test_hostile import HOSTILE, LAUGHS

ROOT = Path(__file__).parents[2]
MEMORY = 500 * 10**6  # bytes of address space, the interpreter and its libraries among them
SECONDS = 2  # of the processor, start-up among them; how long a busy machine lets it wait is not its fault
STARTS = 6  # or as many times what a good spec takes here and now, where that is more: on a slow machine all is slower
GOOD = (Path(__file__).parent / "good.yaml").read_bytes()
TRAPS = (
    "os.system",
    "subprocess.Popen",
    "shutil.rmtree",
    "builtins.eval",
    "builtins.exec",
    "payload.Model",
    "__main__",
)


def _documents() -> dict[str, tuple[bytes, str]]:
    """What test_hostile.py has, and what is large: a hundred megabytes, as much as is read, long lines and scalars."""
    estimator = b"sklearn.ensemble.HistGradientBoostingClassifier"
    large: dict[str, tuple[bytes, str]] = {
        "100 MB": (b"a: 1\n" * 20_000_000, "ML102"),
        "100 MB of one line": (b"a" * 100_000_000, "ML102"),
        "as large as is read": (b"a: &a " + b"x" * 1_000_000, "ML201"),
        "as many lines as are read": (b"\n" * 1_048_000 + b"a: 1", "ML201"),
        "as many keys as are read": (b"".join(b"k%d: 1\n" % n for n in range(90_000)), "ML108"),
        "as many of one key": (b"a: 1\n" * 200_000, "ML104"),
        "anchors": (b"".join(b"k%d: &a%d x\n" % (n, n) for n in range(50_000)), "ML108"),
        "tabs": (b"\ta: 1\n" * 100_000, "ML106"),
        "comments": (b"#" * 1_000_000, "ML110"),
        "quotes": (b'a: "' + b"''" * 500_000, "ML103"),
        "flow": (b"a: " + b"{a: [" * 100_000, "ML107"),
        "laughs in a card": (
            b"governance: {card: {" + LAUGHS.replace("\n", ", ").rstrip(", ").encode() + b"}}",
            "ML108",
        ),
        "interpolations": (b"description: '" + b"${name}" * 100_000 + b"'\nname: churn", "ML308"),
        "Norway and octals": (
            GOOD.replace(b"values: [basic, plus, family]", b"values: no, x: 0755, y: 12:30:45"),
            "ML201",
        ),
        "a regular expression's worst": (b"name: " + b"a-" * 400_000, "ML208"),
        "an address's worst": (b"owner: " + b"a" * 400_000 + b"@", "ML208"),
        "a quantity's worst": (b"rollout: {bake: '" + b"1" * 400_000 + b"m'}", "ML206"),
        "a schedule's worst": (b"retraining: {on: [{schedule: 'cron(" + b"*/" * 200_000 + b")'}]}", "ML2"),
    }
    targets = {f"_target_: {trap}": (GOOD.replace(estimator, trap.encode()), "ML231") for trap in TRAPS}
    return {**HOSTILE, **large, **targets}


DOCUMENTS = _documents()


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> int:
    """What a document may take of the processor."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "spec.yaml").write_bytes(GOOD)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "ML401" in _validate(folder, seconds=60).stderr, "it was read to its end, and asks for more than there is"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return max(SECONDS, math.ceil(STARTS * start))


def _validate(folder: Path, *, seconds: int) -> "subprocess.CompletedProcess[str]":
    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    command = [sys.executable, "-m", "mlspec.cli", "validate", "spec.yaml"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        preexec_fn=bounded,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("case", DOCUMENTS)
def test_bad_input_ends_in_a_diagnostic_within_its_bounds(case: str, tmp_path: Path, seconds: int) -> None:
    text, code = DOCUMENTS[case]
    (tmp_path / "spec.yaml").write_bytes(text)
    (tmp_path / "payload.py").write_text("open('PWNED', 'w').close()\n")
    done = _validate(tmp_path, seconds=seconds)
    assert done.returncode == 3, (done.returncode, done.stderr[-2000:])
    assert code in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["payload.py", "spec.yaml"], (
        "nothing ran, nothing is kept"
    )
