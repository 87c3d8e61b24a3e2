"""A folder -> the specs in it; a revision -> those of them that a change since then touches."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from mlspec.cli.project import Project
from mlspec.specs.diagnostics import Diagnostic, SpecError

_SPEC = re.compile(rb"^(?:\xef\xbb\xbf)?apiVersion[ \t]*:[ \t]*[\"']?mlspec/", re.MULTILINE)
_TOP = 16 * 1024  # where the version stands, comments above it included


def is_spec(path: Path) -> bool:
    """Whether the file says that it is a spec."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return _SPEC.search(file.read(_TOP)) is not None
    except OSError:
        return False


def specs_in(folder: Path) -> list[Path]:
    """The specs in `folder` and below it, in the order of their paths; hidden folders are left out."""
    return sorted((path for path in _yaml_files(folder) if is_spec(path)), key=lambda path: path.as_posix())


def _yaml_files(folder: Path) -> Iterator[Path]:
    for directory, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (Path(directory) / name for name in names if name.endswith((".yaml", ".yml")))


def changed_files(folder: Path, revision: str) -> frozenset[str]:
    """The files that differ from `revision`, new ones included, as real paths. Raises SpecError."""
    _real.cache_clear()  # a file may have become a link since another run in this process
    top = _git(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    differ = _git(folder, "diff", "--name-only", "--no-renames", "-z", "--end-of-options", revision, "--", top)
    new = _git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", top)
    return frozenset(os.path.realpath(os.path.join(top, name)) for name in (differ + new).split("\0") if name)


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SpecError([Diagnostic("ML821", "--changed-since needs git, which is not installed")]) from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        raise SpecError([Diagnostic("ML821", f"git cannot tell what changed: {reason}", hint=_git_hint(folder))])
    return done.stdout


def _git_hint(folder: Path) -> str:
    """What helps where git knows no such revision: the usual reason on a build machine is a clone of one commit."""
    asked = ["git", "-C", str(folder), "rev-parse", "--is-shallow-repository"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    if told.returncode:
        return f"leave --changed-since out, or bring {folder} into a repository: git init"
    if told.stdout.strip() == "true":
        return (
            "this clone has only some of the commits: git fetch --unshallow --tags (fetch-depth: 0 of actions/checkout)"
        )
    return "give a commit, a branch or a tag of the repository that the folder is in"


def touched(project: Project, changed: frozenset[str]) -> bool:
    """Whether a change touches what the spec says: its file, a library file, its data; when in doubt, it does."""
    if _real(project.path) in changed:
        return True
    reads: Iterable[Path | str] | None
    reads, data = _recorded(project) if project.cached is not None else _reads(project)
    if reads is None or any(_real(path) in changed for path in reads):
        return True
    return data is not None and any(path == data or path.startswith(data + os.sep) for path in changed)


def _recorded(project: Project) -> tuple[Iterable[str] | None, str | None]:
    """The same as `_reads`, as the cache keeps it: the spec is what was compiled, so it reads what it read then."""
    assert project.cached is not None
    if project.cached.head["commit"]:
        return None, None
    folder, head = str(project.path.parent), project.cached.head
    return [os.path.join(folder, name) for name in head["read"]], _data(project, head["data"]["uri"])


def _reads(project: Project) -> tuple[Iterable[Path] | None, str | None]:
    """What a spec's composition looked at, there or not, and where its data is, where that is local."""
    try:
        checked = project.checked
    except SpecError:
        return None, None  # with mistakes in it, nobody can say what it would read
    if checked.commit:
        return None, None  # another commit than REV's is named
    return checked.looked, _data(project, checked.spec.data.source.uri)


def _data(project: Project, uri: str) -> str | None:
    return None if "://" in uri else os.path.realpath(project.path.parent / uri)


@lru_cache(65536)
def _real(path: Path | str) -> str:
    """The real path; that of a library's file, which many specs read, is followed once."""
    return os.path.realpath(path)
