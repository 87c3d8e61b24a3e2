"""A folder with what AWS's Python runtime brings, and nothing else: a function sees this and its own zip."""

import re
from importlib import metadata
from pathlib import Path

# What Lambda's managed Python runtimes hold: the runtime client, boto3, and what these need.
_ROOTS = ("awslambdaric", "boto3")


def runtime_folder(place: Path) -> Path:
    """Links, under `place`, to the installed files of the runtime's own distributions."""
    place.mkdir(parents=True, exist_ok=True)
    for name in sorted(_closure(_ROOTS)):
        distribution = metadata.distribution(name)
        tops = {
            Path(file).parts[0] for file in distribution.files or () if Path(file).parts[0] not in ("..", "__pycache__")
        }
        for top in tops:
            link, target = place / top, Path(str(distribution.locate_file(top)))
            if not link.exists():
                link.symlink_to(target)
    return place


def _closure(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        found.add(name)
        for requirement in metadata.requires(name) or ():
            if "extra ==" not in requirement:
                needed = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
                if _installed(needed):
                    open_names.append(needed)
    return found


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
