"""Turns each code unit and its locked requirements into a zip for the platform it will run on.

The only stage before deploy that may use the network, and only to fill a cache of wheels. The zip is a function of the
unit's files, its lock and the platform: same input, same bytes. Layout, from AWS's documentation: a Lambda zip is
unpacked to the task root, which is first on `sys.path`; unpacked it may hold 250 MB."""

import hashlib
import json
import math
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mlspec.compiler.bundle import Bundle, digest_of
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.aws.forms import IMAGE_LIMIT, ZIP_LIMIT
from mlspec.targets.packaging.platforms import Platform, interpreter_of
from mlspec.targets.packaging.wheels import base_zip, cache_folder
from mlspec.targets.packaging.zips import write_zip

IMAGES = ("container",)  # units that are built as images, from their Dockerfile
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


@dataclass(frozen=True, slots=True)
class Package:
    """A built zip: sizes in bytes, and why it holds no compiled files, when it holds none."""

    unit: str
    path: Path
    digest: str
    zipped: int
    unpacked: int
    note: str = ""


def build_packages(
    bundle: Bundle, directory: Path, *, where: Platform | None = None, limited: bool = True
) -> list[Package]:
    """Build `directory/packages/<unit>.zip` for every unit of `bundle`, for `where` (None: each unit's own platform).

    Raises SpecError when a pinned requirement cannot be had or, if `limited`, a zip is over Lambda's limit."""
    folder = directory / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    units = {unit: files for unit, files in units_of(bundle).items() if unit not in IMAGES}
    built = [_build(unit, files, folder, where=where or platform_of(unit, bundle)) for unit, files in units.items()]
    if limited:
        _check_sizes(built, {"training": math.inf, **dict.fromkeys(shipped_as_images(bundle), IMAGE_LIMIT)})
    return built


def units_of(bundle: Bundle) -> dict[str, dict[str, bytes]]:
    """The files of each unit by their path in it, by the unit's name."""
    units: dict[str, dict[str, bytes]] = {}
    for path in sorted(bundle.files):
        parts = path.split("/", 2)
        if parts[0] == "code" and len(parts) == 3:
            units.setdefault(parts[1], {})[parts[2]] = bundle.files[path]
    return units


TRAINING_PYTHON = "3.12"  # of the images that a job gets; who brings another image says serving.python


def shipped_as_images(bundle: Bundle) -> set[str]:
    """The units whose functions run out of an image."""
    graph = json.loads(bundle.files.get("graph.json", b'{"resources": []}'))
    return {entry["name"] for entry in graph["resources"] if entry["properties"].get("packageType") == "Image"}


def platform_of(unit: str, bundle: Bundle) -> Platform:
    """Where the unit runs when it is deployed."""
    spec = json.loads(bundle.files["mlspec.lock"])["spec"]
    serving = spec["serving"]
    if unit != "training":
        return Platform(serving["python"], serving["architecture"])
    return Platform(serving["python"] if "image" in spec["training"] else TRAINING_PYTHON, "x86_64")


def _build(unit: str, files: Mapping[str, bytes], folder: Path, *, where: Platform) -> Package:
    requirements = _requirements(files.get("requirements.txt", b"").decode())
    provided = unit == "training" and where.here
    if provided:
        _check_provided(requirements)
    key = hashlib.sha256(f"4 {digest_of(files)} {where.tag}".encode()).hexdigest()
    built = cache_folder() / "packages" / f"{unit}-{key[:32]}.zip"
    if not built.exists():
        base = None if provided or not requirements else base_zip(files["requirements.txt"].decode(), where)
        write_zip(built, files, base=base, where=where)
    target = folder / f"{unit}.zip"
    target.unlink(missing_ok=True)
    shutil.copyfile(built, target)
    return _report(unit, target, where=where)


def _check_sizes(packages: list[Package], limits: Mapping[str, float]) -> None:
    """Every function's zip must fit, and its image; training runs on SageMaker, which has no such limit."""
    large = [package for package in packages if package.unpacked > limits.get(package.unit, ZIP_LIMIT)]
    if large:
        texts = (
            f"unit {package.unit} is {package.unpacked >> 20} MiB unpacked; Lambda takes"
            f" {int(limits.get(package.unit, ZIP_LIMIT)) >> 20}"
            for package in large
        )
        raise SpecError(Diagnostic("ML701", text) for text in texts)


def _report(unit: str, path: Path, *, where: Platform) -> Package:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    compiled = interpreter_of(where) is not None
    note = "" if compiled else f"no Python {where.python} here: the zip carries no .pyc files and starts slower"
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
