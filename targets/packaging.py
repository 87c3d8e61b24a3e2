"""Turns each code unit and its locked requirements into a zip for the platform it will run on.

The only stage before deploy that may use the network, and only to fill a cache of wheels. The zip is a function of the
unit's files, its lock and the platform: same input, same bytes. Layout, from AWS's documentation: a Lambda zip is
unpacked to the task root, which is first on `sys.path`; unpacked it may hold 250 MB."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mlspec.compiler.bundle import Bundle, digest_of
from mlspec.specs.diagnostics import Diagnostic, SpecError

LAMBDA_LIMIT = 250 * 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
# What an import at run time never reads: tests, headers, stubs, and onnxruntime's training-side tools.
_PRUNED = re.compile(
    r"(^|/)(tests?|testing/tests|__pycache__|include)/|\.(pyi|h|hpp|a|lib|pxd|pyx|c|pyc)$"
    r"|^onnxruntime/(transformers|quantization|tools|datasets|backend)/"
    r"|^numpy/(f2py|distutils|doc|_pyinstaller)/|^google/protobuf/(compiler|util)/"
    r"|^bin/"
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A Python and a processor; `here` means this interpreter, as the mocked cloud runs it."""

    python: str
    architecture: str
    here: bool = False

    @property
    def tag(self) -> str:
        """The platform in one word, part of every cache key."""
        return f"{'here-' if self.here else ''}cp{self.python.replace('.', '')}-{self.architecture}"

    @classmethod
    def local(cls) -> "Platform":
        """This interpreter on this machine."""
        return cls(
            f"{sys.version_info.major}.{sys.version_info.minor}", f"{sys.platform}-{platform.machine()}", here=True
        )


@dataclass(frozen=True, slots=True)
class Package:
    """A built zip: sizes in bytes, and why it holds no compiled files, when it holds none."""

    unit: str
    path: Path
    digest: str
    zipped: int
    unpacked: int
    note: str = ""


def cache_folder() -> Path:
    """Where wheels and zips are kept between builds: $MLSPEC_CACHE, or the user's cache folder."""
    base = os.environ.get("MLSPEC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlspec"
    return Path(base)


def build_packages(bundle: Bundle, directory: Path, *, where: Platform | None = None) -> list[Package]:
    """Build `directory/packages/<unit>.zip` for every unit of `bundle`, for `where` (None: each unit's own platform).

    Raises SpecError when a zip is over Lambda's limit or a pinned requirement cannot be had."""
    units = _units(bundle)
    folder = directory / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    return [_build(unit, files, folder, where=where or _platform_of(unit, bundle)) for unit, files in units.items()]


def _units(bundle: Bundle) -> dict[str, dict[str, bytes]]:
    units: dict[str, dict[str, bytes]] = {}
    for path in sorted(bundle.files):
        parts = path.split("/", 2)
        if parts[0] == "code" and len(parts) == 3:
            units.setdefault(parts[1], {})[parts[2]] = bundle.files[path]
    return units


def _platform_of(unit: str, bundle: Bundle) -> Platform:
    import json

    serving = json.loads(bundle.files["mlspec.lock"])["spec"]["serving"]
    return Platform(serving["python"], "x86_64" if unit == "training" else serving["architecture"])


def _build(unit: str, files: Mapping[str, bytes], folder: Path, *, where: Platform) -> Package:
    requirements = _requirements(files.get("requirements.txt", b"").decode())
    provided = unit == "training" and where.here
    if provided:
        _check_provided(requirements)
    key = hashlib.sha256(f"4 {digest_of(files)} {where.tag}".encode()).hexdigest()
    built = cache_folder() / "packages" / f"{unit}-{key[:32]}.zip"
    if not built.exists():
        base = None if provided or not requirements else _base_zip(files["requirements.txt"].decode(), where)
        _write_zip(built, files, base=base, where=where)
    target = folder / f"{unit}.zip"
    target.unlink(missing_ok=True)
    shutil.copyfile(built, target)
    return _report(unit, target, where=where, limited=unit != "training")


def _report(unit: str, path: Path, *, where: Platform, limited: bool) -> Package:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if limited and unpacked > LAMBDA_LIMIT:
        raise SpecError([Diagnostic("ML701", f"unit {unit} is {unpacked >> 20} MiB unpacked; Lambda takes 250")])
    note = (
        "" if _interpreter(where) else f"no Python {where.python} here: the zip carries no .pyc files and starts slower"
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Package(unit, path, digest, path.stat().st_size, unpacked, note)


def _requirements(text: str) -> dict[str, str]:
    matches = (_REQUIREMENT.match(line) for line in text.splitlines())
    return {match["name"]: match["version"] for match in matches if match}


def _check_provided(requirements: Mapping[str, str]) -> None:
    """The mocked cloud's training image is this interpreter: it must hold the very versions the lock pins."""
    wrong = {name: version for name, version in requirements.items() if _installed(name) != version}
    if wrong:
        listed = ", ".join(
            f"{name} {_installed(name) or 'missing'} (locked {version})" for name, version in wrong.items()
        )
        hint = "install them: pip install " + " ".join(f"{name}=={version}" for name, version in wrong.items())
        raise SpecError([Diagnostic("ML702", f"the local training image differs from the lock: {listed}", hint=hint)])


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _base_zip(requirements: str, where: Platform) -> Path:
    """The zip of the unpacked, pruned wheels alone: most of the bytes, shared by all specs."""
    pinned = " ".join(requirements.replace("\\\n", " ").split())  # however the lock's lines are broken
    key = hashlib.sha256(f"4 {pinned} {where.tag}".encode()).hexdigest()[:32]
    target = cache_folder() / "wheels" / f"{key}.zip"
    if not target.exists():
        with tempfile.TemporaryDirectory() as scratch:
            tree = _unpack_wheels(_download(requirements, Path(scratch), where), Path(scratch) / "tree")
            _write_zip(target, {path: (tree / path).read_bytes() for path in _walk(tree)}, base=None, where=where)
    return target


def _download(requirements: str, scratch: Path, where: Platform) -> list[Path]:
    (scratch / "requirements.txt").write_text(requirements)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--dest", str(scratch / "wheels")]
    command += ["--requirement", str(scratch / "requirements.txt"), *_platform_flags(where)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = next(
            (line for line in reversed(done.stderr.splitlines()) if line.startswith("ERROR")), done.stderr[-300:]
        )
        hint = "packaging needs the package index once; after that its cache is enough"
        raise SpecError([Diagnostic("ML703", f"cannot fetch the pinned wheels for {where.tag}: {reason}", hint=hint)])
    return sorted((scratch / "wheels").glob("*.whl"))


def _platform_flags(where: Platform) -> list[str]:
    if where.here:
        return []
    machine = {"arm64": "aarch64"}.get(where.architecture, where.architecture)
    # Lambda's Python 3.12 and later runs on Amazon Linux 2023 (glibc 2.34), earlier ones on glibc 2.26.
    newest = 34 if where.python != "3.11" else 26
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1)] + [f"manylinux2014_{machine}"]
    flags = [flag for tag in tags for flag in ("--platform", tag)]
    return [*flags, "--python-version", where.python, "--implementation", "cp"]


def _unpack_wheels(wheels: list[Path], tree: Path) -> Path:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith("/") and not _PRUNED.search(name) and not _outside(name):
                    archive.extract(name, tree)
    return tree


def _outside(name: str) -> bool:
    """Wheel data and metadata that no import needs (entry points and versions stay)."""
    return bool(re.search(r"\.data/|\.dist-info/(RECORD|licenses/|LICENSE|WHEEL|INSTALLER|sboms/)", name))


def _walk(tree: Path) -> list[str]:
    return sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())


def _write_zip(target: Path, files: Mapping[str, bytes], *, base: Path | None, where: Platform) -> None:
    """Write `target` whole or not at all: `base` copied, then `files` and their .pyc, in path order."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial")
    if base:
        shutil.copyfile(base, partial)
    with zipfile.ZipFile(partial, "a" if base else "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in sorted({**files, **dict(_compiled(files, where))}.items()):
            entry = zipfile.ZipInfo(path, date_time=_EPOCH)
            entry.external_attr = (0o755 if path.endswith(".so") or ".so." in path else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    os.replace(partial, target)


def _compiled(files: Mapping[str, bytes], where: Platform) -> Iterator[tuple[str, bytes]]:
    """.pyc files with unchecked hashes: valid whatever the file's date, so a cold start compiles nothing (PEP 552)."""
    interpreter = _interpreter(where)
    sources = [path for path in sorted(files) if path.endswith(".py")]
    if not interpreter or not sources:
        return
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for path in sources:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(files[path])
        command = [
            interpreter,
            "-I",
            "-m",
            "compileall",
            "-q",
            "-s",
            scratch,
            "--invalidation-mode",
            "unchecked-hash",
            scratch,
        ]
        subprocess.run(command, check=False, capture_output=True)
        for compiled in sorted(root.rglob("*.pyc")):
            yield compiled.relative_to(root).as_posix(), compiled.read_bytes()


def _interpreter(where: Platform) -> str | None:
    """A Python of the platform's version on this machine, if there is one that runs."""
    if where.here or where.python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    candidate = shutil.which(f"python{where.python}")
    if candidate is None:
        return None
    probe = subprocess.run(
        [candidate, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, check=False
    )
    return candidate if probe.returncode == 0 else None


def warm() -> None:
    """Fill the cache with the inference unit's wheels, for this machine and for Lambda: builds then need no network."""
    from importlib.resources import files

    lock = (files("mlspec.compiler") / "units" / "locks" / "inference.lock").read_text()
    for where in (Platform.local(), Platform("3.12", "x86_64")):
        _base_zip(lock, where)


if __name__ == "__main__":
    warm()
