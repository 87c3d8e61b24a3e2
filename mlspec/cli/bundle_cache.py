"""What a spec and all it reads compiled to, kept by content: found again without importing the compiler."""

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlspec
from mlspec.compiler.bundle import Bundle
from mlspec.targets.aws.inputs import local_files

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked

_KEPT = 8  # bundles of one spec: a few environments, and the last edits


@dataclass(frozen=True)
class Entry:
    """One bundle in its file: a line that says what it is made of, then the bytes, one file after another."""

    file: Path
    head: Mapping[str, Any]
    start: int

    @property
    def digest(self) -> str:
        """The bundle's digest, read without the bundle."""
        return str(self.head["digest"])

    @property
    def stack(self) -> str:
        """What the bundle deploys to."""
        return str(self.head["stack"])

    def bundle(self) -> Bundle | None:
        """The files; nothing where another process evicted them since they were found, or where they are damaged."""
        sizes: dict[str, int] = self.head["files"]
        try:
            content = zlib.decompress(self.file.read_bytes()[self.start :])
        except (OSError, zlib.error):
            return None
        ends = list(accumulate(sizes.values(), initial=0))
        bundle = Bundle({name: content[ends[n] : ends[n + 1]] for n, name in enumerate(sizes)})
        return bundle if bundle.digest == self.digest else None


def entry_file(home: Path, spec: Path, settings: tuple[str, ...]) -> Path:
    """Where the bundle of this very text, under these settings (environment, library, overrides), is kept."""
    parts = [spec.name, *settings, mlspec.__version__, _own_state()]
    digest = hashlib.sha256("\0".join(parts).encode())
    digest.update(spec.read_bytes())
    folder = spec.absolute().parent.name  # where $MLSPEC_HOME is one place for many models, all may be called spec.yaml
    return home / "cache" / folder / spec.name / digest.hexdigest()[:32]


def look_up(file: Path, folder: Path) -> Entry | None:
    """The entry, when it is whole and nothing that the spec in `folder` reads has changed."""
    try:
        with file.open("rb") as opened:
            line = opened.readline()
        head = json.loads(line)
        whole = file.stat().st_size == len(line) + head["size"]
        same = all(digest_of(os.path.join(folder, name)) == digest for name, digest in head["read"].items())
        same = same and dict(_data(folder, head["data"])) == head["data"]["files"]
        same = same and _same_packages(head["packages"]) and _same_commit(folder, head["commit"])
        return Entry(file, head, len(line)) if whole and same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(file: Path, bundle: Bundle, checked: "Checked", folder: Path) -> None:
    """Keep `bundle`; a cache that cannot be written costs time, not the command."""
    spec = checked.spec
    shipped = (Path(mlspec.__file__).parent / "specs").resolve()
    libraries = [path for path in checked.looked if not path.resolve().is_relative_to(shipped)]
    read = {os.path.relpath(path, folder): digest_of(path) for path in libraries}  # what was not there, too
    data: dict[str, Any] = {"uri": spec.data.source.uri, "format": spec.data.source.format}
    data["files"] = dict(_data(folder, data))
    stack = f"{spec.name}-{spec.environment}"
    warnings = json.loads(bundle.files["mlspec.lock"])["warnings"]
    sizes = {name: len(content) for name, content in bundle.files.items()}
    packages = {name: str(path) for name, path in checked.packages.items()}
    depends = {"read": read, "data": data, "packages": packages, "commit": checked.commit}
    content = zlib.compress(b"".join(bundle.files.values()), level=1)  # a quarter of the bytes, in a few milliseconds
    made = {"digest": bundle.digest, "stack": stack, "warnings": warnings, "files": sizes, "size": len(content)}
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(json.dumps({**made, **depends}).encode() + b"\n" + content)
        partial.replace(file)
        for old in sorted(file.parent.iterdir(), key=lambda entry: entry.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def digest_of(path: Path | str) -> str:
    """SHA-256 of a file, or nothing where there is none."""
    if not os.path.isfile(path):
        return ""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _same_packages(packages: Mapping[str, str]) -> bool:
    """Whether each library that is a package would still be found where it was."""
    if not packages:
        return True
    from mlspec.specs.packages import package_folder

    return all(str(package_folder(name)) == folder for name, folder in packages.items())


def _same_commit(folder: Path, commit: str) -> bool:
    """Whether a spec that names its commit would name the same one."""
    if not commit:
        return True
    from mlspec.cli.commit import commit_of
    from mlspec.specs.diagnostics import SpecError

    try:
        return commit_of(folder) == commit
    except SpecError:
        return False


def _data(folder: Path, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, path in local_files(data["uri"], data["format"], folder).items():
        yield name, digest_of(path)


@cache
def _own_state() -> str:
    """Changes whenever a file of the installed mlspec does, so that no stale bundle outlives an upgrade."""
    root = Path(mlspec.__file__).parent
    newest = 0
    for folder in ("specs", "compiler", "runtime", "targets/aws"):
        for directory, _, names in os.walk(root / folder):
            newest = max(
                [newest, *(os.stat(os.path.join(directory, n)).st_mtime_ns for n in names if n[-4:] != ".pyc")]
            )
    return str(newest)
