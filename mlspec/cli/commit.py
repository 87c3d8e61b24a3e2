"""A folder -> the commit its repository is at: the one thing of git that a spec may name, `${git.commit}`."""

import os
import subprocess
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic, SpecError

# 40 digits whatever the repository's size; `-dirty` when a tracked file differs. Nothing is written, no hook runs.
_QUESTION = ("--no-optional-locks", "-c", "core.fsmonitor=false", "describe", "--always", "--abbrev=40", "--exclude=*")


def commit_of(folder: Path) -> str:
    """The commit, 40 hexadecimal digits, with `-dirty` behind it where a tracked file differs from it. Which repository
    is told by the folder alone, not by git's variables of the process. Raises SpecError (ML315)."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-C", str(folder.absolute()), *_QUESTION, "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError:
        raise _refusal("git is not installed") from None
    if done.returncode:
        raise _refusal((done.stderr.strip().splitlines() or ["git failed"])[-1])
    return done.stdout.strip()


def _refusal(reason: str) -> SpecError:
    hint = "commit the spec to a git repository, or leave ${git.commit} out"
    return SpecError([Diagnostic("ML315", f"there is no commit to name: {reason}", hint=hint)])
