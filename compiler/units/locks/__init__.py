"""The pinned, hashed requirements of a unit, from the lock file of its name that ships with the package."""

from importlib.resources import files


def locked_requirements(unit: str) -> tuple[str, ...]:
    """One requirement a line, its hashes behind it, in the order of the lock: what pip installs offline and checked."""
    text = files(__name__).joinpath(f"{unit}.lock").read_text(encoding="utf-8")
    lines = text.replace("\\\n", " ").splitlines()
    return tuple(" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#"))
